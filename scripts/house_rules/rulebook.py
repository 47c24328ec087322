"""Every rule about files, in one list."""

from collections.abc import Callable, Iterable, Iterator

from scripts.house_rules.rules import (
    clocks,
    dependencies,
    egress,
    failures,
    links,
    locks,
    machine_paths,
    mappings,
    naming,
    output,
    rooms,
    sizes,
    sql,
    transactions,
)
from scripts.house_rules.sources import Repository, Source
from scripts.house_rules.violation import Violation

SOURCE_RULES: tuple[Callable[[Source], Iterable[Violation]], ...] = (
    clocks.identifiers_come_from_ids,
    clocks.time_comes_from_the_clock,
    egress.only_platform_http_speaks_http,
    failures.broad_except_speaks_or_raises,
    failures.started_work_is_kept,
    mappings.relationships_never_load_lazily,
    naming.classes_have_telling_names,
    output.imports_are_in_the_open,
    output.nothing_prints,
    rooms.modules_say_what_they_hold,
    sizes.functions_are_short,
    sql.sql_lives_in_repositories,
    transactions.only_the_database_room_commits,
    transactions.settings_are_local,
)
REPOSITORY_RULES: tuple[Callable[[Repository], Iterable[Violation]], ...] = (
    dependencies.dependencies_have_reasons,
    links.links_lead_somewhere,
    locks.locks_name_public_hosts,
    machine_paths.no_path_of_a_machine,
    naming.files_have_telling_names,
    rooms.rooms_are_introduced_and_inhabited,
    sizes.files_are_short,
)


def judge(repository: Repository) -> Iterator[Violation]:
    """Yield everything that breaks a rule, file by file and then for the tree."""
    for source in repository.sources:
        for source_rule in SOURCE_RULES:
            yield from source_rule(source)
    for repository_rule in REPOSITORY_RULES:
        yield from repository_rule(repository)
