import { Switch } from "@/ui/switch";

interface ChoiceProps {
  label: string;
  hint: string;
  checked: boolean;
  onChange: (on: boolean) => void;
}

/** A switch with what it does in words. */
export function Choice({ label, hint, checked, onChange }: ChoiceProps) {
  return (
    <div className="flex items-start justify-between gap-4">
      <div>
        <p className="font-medium text-sm">{label}</p>
        <p className="text-pretty text-muted text-xs">{hint}</p>
      </div>
      <Switch aria-label={label} checked={checked} onCheckedChange={onChange} />
    </div>
  );
}
