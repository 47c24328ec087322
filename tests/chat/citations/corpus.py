"""Pairs of what an answer says and the passage that it cites, and whether the passage says so.

Written for this test, in the manner of answers about leases, reports, manuals and mails: copied,
reworded, shortened; and wrong in one number, one name, one "not", one word, or altogether.

`CORPUS` is what the check was made with; `HELD_OUT` was written before it was first run on it.
"""

from __future__ import annotations

from dataclasses import dataclass

LEASE = (
    "3. Term and notice. The tenancy begins on 1 March 2025 and runs for two years. The tenant may"
    " end the agreement by giving three months written notice to the landlord.\n\n"
    "4. Rent. The monthly rent is EUR 1,250 and is due on the third working day of each month. The"
    " deposit amounts to two months rent and is kept in a separate account.\n\n"
    "5. Animals. Dogs and cats are welcome if the neighbours agree. Reptiles are not allowed in the"
    " building. Smoking is forbidden in the stairwell."
)
REPORT = (
    "Revenue grew by 12.5% to $4.2 million in the third quarter, mainly thanks to the new warehouse"
    " in Rotterdam. Operating costs did not rise. The board expects a weaker fourth quarter because"
    " two large customers, Hansen Logistics and Brightwater, have postponed their orders.\n\n"
    "The company employs 148 people, 31 of them in research. Maria Keller took over as head of"
    " finance in May."
)
MANUAL = (
    "Before cleaning, switch the machine off and pull the plug. Descale the boiler every 3 months"
    " or after 200 cups, whichever comes first. Do not use vinegar: it damages the seals. Use one"
    " bag of descaler for a litre of water.\n\n"
    "The water tank holds 1.8 litres. Error E07 means that the grinder is blocked. The warranty"
    " covers parts for 24 months, but it does not cover damage by limescale."
)
MIETE = (
    "Die Kündigungsfrist beträgt drei Monate zum Monatsende. Haustiere sind nicht erlaubt, außer"
    " Kleintieren im Käfig. Die Miete von 980 Euro ist am ersten Werktag fällig. Der Vermieter"
    " trägt die Kosten der Heizungswartung."
)
BAIL = (
    "Le locataire doit payer le loyer de 850 euros avant le cinq de chaque mois. Le bail est conclu"
    " pour une durée de trois ans. Il est interdit de fumer dans les parties communes."
)


@dataclass(frozen=True)
class Pair:
    claim: str
    passage: str
    holds: bool
    kind: str


def _held(passage: str, *claims: str) -> list[Pair]:
    return [Pair(claim, passage, holds=True, kind="held") for claim in claims]


def _wrong(passage: str, kind: str, *claims: str) -> list[Pair]:
    return [Pair(claim, passage, holds=False, kind=kind) for claim in claims]


CORPUS = [
    *_held(
        LEASE,
        "The tenant may end the agreement by giving three months written notice.",
        "You can end the tenancy with 3 months' written notice",
        "The notice period for the tenant is three months",
        "Notice has to be given in writing, three months ahead",
        "The tenancy starts on 1 March 2025",
        "It runs for two years from March 2025",
        "The rent is 1250 euros a month",
        "Rent of EUR 1,250.00 is due on the third working day of the month",
        "The deposit is two months' rent",
        "Your deposit is held in a separate account",
        "Dogs and cats are allowed if the neighbours agree",
        "Cats are welcome as long as the neighbours agree",
        "Reptiles are not allowed",
        "You may not keep reptiles in the building",
        "Smoking is not allowed in the stairwell",
        "Smoking in the stairwell is forbidden",
    ),
    *_wrong(
        LEASE,
        "number",
        "The tenant may end the agreement by giving six months written notice.",
        "The notice period for the tenant is 2 months and must be written",
        "The rent is 1,520 euros a month",
        "The tenancy starts on 1 March 2026",
        "It runs for three years from March 2025",
        "The deposit amounts to five months rent",
        "Rent is due on the 15th working day of each month",
    ),
    *_wrong(
        LEASE,
        "negation",
        "Reptiles are allowed in the building",
        "Dogs and cats are not welcome even if the neighbours agree",
        "Smoking is allowed in the stairwell",
        "The deposit is not kept in a separate account",
        "The tenant may not end the agreement by written notice",
    ),
    *_wrong(
        LEASE,
        "name",
        "The monthly rent of EUR 1,250 is paid to Mrs Harrington",
        "The tenancy in Amsterdam begins on 1 March 2025",
    ),
    *_wrong(
        LEASE,
        "words",
        "The landlord pays for repairs of the heating",
        "The flat has a balcony and two bedrooms",
        "Subletting requires the consent of the landlord in advance",
        "The kitchen was renovated recently and comes with a dishwasher",
        "Parking spaces can be rented separately",
    ),
    *_held(
        REPORT,
        "Revenue grew by 12.5% in the third quarter",
        "Revenue rose 12.5 percent to $4.2 million in the third quarter",
        "Growth came mainly from the new warehouse in Rotterdam",
        "The new Rotterdam warehouse is the main reason for the growth in revenue",
        "Operating costs did not rise",
        "Operating costs did not rise in the third quarter",
        "The board expects the fourth quarter to be weaker",
        "Two large customers, Hansen Logistics and Brightwater, postponed orders",
        "The fourth quarter is weaker because Brightwater and Hansen Logistics postponed orders",
        "The company has 148 employees, of whom 31 work in research",
        "Maria Keller became head of finance in May",
        "Since May, Maria Keller is the head of finance",
    ),
    *_wrong(
        REPORT,
        "number",
        "Revenue grew by 15.2% in the third quarter",
        "Revenue rose to $4.8 million in the third quarter",
        "The company employs 184 people",
        "Of the people that it employs, 13 are in research",
        "Three large customers have postponed their orders",
    ),
    *_wrong(
        REPORT,
        "negation",
        "Revenue did not grow in the third quarter",
        "The board does not expect a weaker fourth quarter",
        "Operating costs did rise in the third quarter",
    ),
    *_wrong(
        REPORT,
        "name",
        "Revenue grew mainly thanks to the new warehouse in Hamburg",
        "The large customers Hansen Logistics and Meridian have postponed their orders",
        "In May, Paul Keller took over as head of finance",
    ),
    *_wrong(
        REPORT,
        "words",
        "The company plans to open an office in the spring",
        "Shareholders will receive a dividend",
        "Profit margins improved thanks to lower energy prices",
        "The board approved a share buyback",
    ),
    *_held(
        MANUAL,
        "Switch the machine off and pull the plug before you clean it",
        "Descale the boiler every three months or after 200 cups",
        "The boiler should be descaled after 200 cups or 3 months, whichever comes first",
        "Do not use vinegar, since it damages the seals",
        "Never use vinegar because it damages the seals",
        "The water tank holds 1.8 litres",
        "Error E07 means the grinder is blocked",
        "Parts are covered by the warranty for 24 months",
        "Limescale damage is not covered by the warranty",
        "Take one bag of descaler for one litre of water",
    ),
    *_wrong(
        MANUAL,
        "number",
        "Descale the boiler every 6 months or after 200 cups",
        "The water tank holds 2.8 litres",
        "The warranty covers parts for 36 months",
        "Error E17 means that the grinder is blocked",
    ),
    *_wrong(
        MANUAL,
        "negation",
        "Use vinegar for cleaning, which does not damage the seals",
        "Damage by limescale is covered by the warranty",
        "The warranty does not cover parts",
    ),
    *_wrong(
        MANUAL,
        "words",
        "The machine makes two espressos at the same time",
        "Milk foam is best with cold whole milk",
        "The grinder can be set to several grades of coarseness",
    ),
    *_held(
        MIETE,
        "Die Kündigungsfrist beträgt drei Monate",
        "Gekündigt werden kann mit einer Frist von 3 Monaten zum Monatsende",
        "Haustiere sind nicht erlaubt",
        "Kleintiere im Käfig sind erlaubt",
        "Die Miete beträgt 980 Euro und ist am ersten Werktag fällig",
        "Die Kosten der Heizungswartung trägt der Vermieter",
    ),
    *_wrong(
        MIETE,
        "number",
        "Die Kündigungsfrist beträgt sechs Monate",
        "Die Miete beträgt 890 Euro und ist am ersten Werktag fällig",
    ),
    *_wrong(MIETE, "negation", "Haustiere sind erlaubt", "Der Vermieter trägt die Kosten nicht"),
    *_wrong(
        MIETE,
        "words",
        "Die Wohnung liegt im dritten Stock und hat einen Aufzug",
        "Der Mieter muss bei Auszug renovieren",
    ),
    *_held(
        BAIL,
        "Le loyer est de 850 euros",
        "Le bail dure trois ans",
        "Il est interdit de fumer dans les parties communes",
        "Le loyer doit être payé avant le 5 de chaque mois",
    ),
    *_wrong(
        BAIL,
        "number",
        "Le loyer est de 580 euros",
        "Le bail est conclu pour une durée de neuf ans",
    ),
    *_wrong(BAIL, "negation", "Il est permis de fumer dans les parties communes"),
    *_wrong(BAIL, "words", "Le locataire peut sous-louer une chambre pendant l'été"),
]  # fmt: skip

POLICY = (
    "Employees earn 28 days of paid leave a year, plus public holidays. Up to five unused days"
    " carry over until 31 March; after that they expire. Leave of more than two weeks needs the"
    " approval of the department head.\n\n"
    "Travel by train is booked in second class. Flights are reimbursed only if the journey by train"
    " takes longer than six hours. Receipts must be handed in within 30 days. Alcohol is not"
    " reimbursed. Anna Lindqvist answers questions about expenses."
)
STUDY = (
    "We followed 412 patients for eighteen months. Those who walked at least 30 minutes a day slept"
    " better than the control group. There was no effect on blood pressure. Participants older than"
    " 70 benefited most. The trial was funded by the Norden Foundation and registered in Oslo."
)
MINUTES = (
    "Present: Okafor, Brandt, Silva. The launch moves from 12 May to 9 June since the payment"
    " provider has not signed yet. Silva prepares the price list by Friday. Brandt objected to the"
    " free plan; it was dropped. The budget of 60,000 francs stays unchanged."
)
VERTRAG = (
    "Der Auftragnehmer liefert die Software bis zum 30. September 2026. Bei Verzug fällt eine"
    " Vertragsstrafe von 0,5 % je Woche an, höchstens jedoch 5 %. Die Gewährleistung endet nach"
    " zwölf Monaten. Quellcode wird nicht übergeben."
)

HELD_OUT = [
    *_held(
        POLICY,
        "You get 28 days of paid leave each year",
        "Public holidays come on top of the 28 days of leave",
        "At most 5 unused days carry over until the end of March",
        "Unused days that carry over expire after 31 March",
        "Department heads have to approve leave of more than two weeks",
        "Trains are booked in second class",
        "Flights are only reimbursed if the train takes more than 6 hours",
        "Hand in receipts within 30 days",
        "Alcohol will not be reimbursed",
        "Questions about expenses go to Anna Lindqvist",
    ),
    *_wrong(
        POLICY,
        "number",
        "You get 30 days of paid leave each year",
        "Up to ten unused days carry over until 31 March",
        "Receipts must be handed in within 60 days",
    ),
    *_wrong(
        POLICY,
        "negation",
        "Alcohol is reimbursed",
        "Unused days do not expire after 31 March",
        "Leave of more than two weeks does not need approval by the department head",
    ),
    *_wrong(
        POLICY,
        "name",
        "Questions about expenses are answered by Peter Lindqvist",
        "Travel by train to Stockholm is booked in second class",
    ),
    *_wrong(
        POLICY,
        "words",
        "Travel by train is booked in first class",
        "Remote work is possible on two days a week",
        "Hotels are booked by the travel office",
    ),
    *_held(
        STUDY,
        "412 patients took part and were followed for 18 months",
        "Patients who walked 30 minutes a day slept better than the controls",
        "Walking had no effect on blood pressure",
        "Blood pressure was not affected",
        "People over 70 benefited most",
        "The Norden Foundation funded the trial",
    ),
    *_wrong(
        STUDY,
        "number",
        "The study followed 421 patients for eighteen months",
        "Participants older than 60 benefited most",
    ),
    *_wrong(
        STUDY,
        "negation",
        "There was an effect on blood pressure",
        "Those who walked did not sleep better than the control group",
    ),
    *_wrong(STUDY, "name", "The trial was funded by the Lund Foundation"),
    *_wrong(STUDY, "words", "Participants lost weight", "Smokers were left out of the analysis"),
    *_held(
        MINUTES,
        "The launch moves to 9 June",
        "The launch was moved from 12 May to 9 June because the payment provider has not signed",
        "Silva will prepare the price list by Friday",
        "The budget stays at 60,000 francs",
        "The free plan was dropped after Brandt objected",
    ),
    *_wrong(MINUTES, "number", "The launch moves to 19 June", "The budget is 80,000 francs"),
    *_wrong(
        MINUTES,
        "name",
        "By Friday, Okafor prepares the price list",
        "The launch in Geneva moves to 9 June",
    ),
    *_wrong(MINUTES, "negation", "The payment provider has signed"),
    *_wrong(MINUTES, "words", "The next meeting takes place on Tuesday"),
    *_held(
        VERTRAG,
        "Die Software ist bis zum 30.09.2026 zu liefern",
        "Die Vertragsstrafe beträgt 0,5 % je Woche, höchstens 5 %",
        "Die Gewährleistung endet nach 12 Monaten",
        "Der Quellcode wird nicht übergeben",
    ),
    *_wrong(
        VERTRAG,
        "number",
        "Die Gewährleistung endet nach 24 Monaten",
        "Die Vertragsstrafe beträgt 1,5 % je Woche",
    ),
    *_wrong(VERTRAG, "negation", "Der Quellcode wird übergeben"),
    *_wrong(VERTRAG, "words", "Der Auftragnehmer schult die Mitarbeiter vor Ort"),
]
