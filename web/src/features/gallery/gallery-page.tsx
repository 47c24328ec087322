import {
  Archive,
  Bell,
  CalendarCheck2,
  Ellipsis,
  Flag,
  Inbox,
  LayoutGrid,
  List,
  Mail,
  Pencil,
  Plus,
  Search,
  Trash2,
} from "lucide-react";
import { type ReactNode, useState } from "react";
import { ThemeSwitch } from "@/app/shell/theme-switch";
import { Avatar } from "@/ui/avatar";
import { Badge, ColorDot, LABEL_COLORS, LabelPill } from "@/ui/badge";
import { Banner } from "@/ui/banner";
import { Button } from "@/ui/button";
import { Card, CardHeader } from "@/ui/card";
import { Checkbox } from "@/ui/checkbox";
import { Dialog } from "@/ui/dialog";
import {
  DropdownMenu,
  DropdownMenuCheckboxItem,
  DropdownMenuContent,
  DropdownMenuItem,
  DropdownMenuLabel,
  DropdownMenuSeparator,
  DropdownMenuTrigger,
} from "@/ui/dropdown-menu";
import { EmptyState } from "@/ui/empty-state";
import { Field } from "@/ui/field";
import { IconButton } from "@/ui/icon-button";
import { Input, Textarea } from "@/ui/input";
import { Kbd } from "@/ui/kbd";
import { Popover, PopoverContent, PopoverTrigger } from "@/ui/popover";
import { ProgressBar } from "@/ui/progress-bar";
import { SegmentedControl } from "@/ui/segmented-control";
import { Select } from "@/ui/select";
import { Sheet } from "@/ui/sheet";
import { SkeletonRows } from "@/ui/skeleton";
import { Spinner } from "@/ui/spinner";
import { Switch } from "@/ui/switch";
import { Tab, TabList, TabPanel, Tabs } from "@/ui/tabs";
import { toast } from "@/ui/toast";
import { Toaster } from "@/ui/toaster";
import { Tooltips } from "@/ui/tooltips";

function Group({ title, children }: { title: string; children: ReactNode }) {
  return (
    <section className="border-t py-5">
      <h2 className="mb-3 font-medium text-faint text-xs">{title}</h2>
      <div className="flex flex-wrap items-center gap-3">{children}</div>
    </section>
  );
}

function Buttons() {
  return (
    <>
      <Group title="Buttons">
        <Button variant="primary">Create task</Button>
        <Button>Cancel</Button>
        <Button variant="ghost">More</Button>
        <Button variant="danger">Delete</Button>
        <Button variant="danger-ghost">Remove</Button>
        <Button icon={Plus}>With icon</Button>
        <Button variant="primary" loading>
          Saving it
        </Button>
        <Button disabled>Disabled</Button>
      </Group>
      <Group title="Sizes and icon buttons">
        <Button size="sm">Small</Button>
        <Button size="md">Medium</Button>
        <Button size="lg" variant="primary">
          Large
        </Button>
        <IconButton icon={Pencil} label="Edit" keys="e" />
        <IconButton icon={Archive} label="Archive" variant="secondary" />
        <IconButton icon={Plus} label="New task" keys="c" variant="accent" />
        <IconButton icon={Ellipsis} label="More" size="sm" />
      </Group>
    </>
  );
}

function Fields() {
  const [slot, setSlot] = useState<"fast" | "pro" | undefined>("fast");
  return (
    <Group title="Fields">
      <div className="grid w-full gap-5 sm:grid-cols-2">
        <Field label="E-mail" hint="We never share it.">
          {(c) => <Input {...c} icon={Mail} placeholder="you@example.com" />}
        </Field>
        <Field label="Password" error="At least 12 characters." aside="8 of 12">
          {(c) => <Input {...c} type="password" defaultValue="12345678" />}
        </Field>
        <Field label="Model">
          {(c) => (
            <Select
              {...c}
              value={slot}
              onChange={setSlot}
              options={[
                { value: "fast", label: "Fast" },
                { value: "pro", label: "Pro" },
              ]}
            />
          )}
        </Field>
        <Field label="Search">{(c) => <Input {...c} icon={Search} disabled value="off" />}</Field>
        <Field label="Notes" className="sm:col-span-2">
          {(c) => <Textarea {...c} placeholder="Anything to remember" />}
        </Field>
      </div>
    </Group>
  );
}

function Choices() {
  const [view, setView] = useState<"list" | "board">("list");
  return (
    <Group title="Choices">
      <Checkbox aria-label="Off" />
      <Checkbox aria-label="On" defaultChecked />
      <Checkbox aria-label="Some" checked="indeterminate" />
      <Switch aria-label="Off" />
      <Switch aria-label="On" defaultChecked />
      <SegmentedControl
        label="View"
        value={view}
        onChange={setView}
        segments={[
          { value: "list", label: "List", icon: List },
          { value: "board", label: "Board", icon: LayoutGrid },
        ]}
      />
      <div className="w-64">
        <ThemeSwitch />
      </div>
      <Tabs defaultValue="a" className="w-full">
        <TabList aria-label="Tabs">
          <Tab value="a">Overview</Tab>
          <Tab value="b">Members</Tab>
          <Tab value="c">History</Tab>
        </TabList>
        <TabPanel value="a" className="pt-3 text-muted text-sm">
          A panel
        </TabPanel>
      </Tabs>
    </Group>
  );
}

function Overlays() {
  const [dialog, setDialog] = useState(false);
  const [sheet, setSheet] = useState(false);
  return (
    <Group title="Overlays">
      <Button onClick={() => setDialog(true)}>Dialog</Button>
      <Dialog
        open={dialog}
        onOpenChange={setDialog}
        title="Delete “Flat” with 12 tasks?"
        description="The tasks go too. You can undo this for 30 days."
        size="sm"
        footer={
          <>
            <Button onClick={() => setDialog(false)}>Keep it</Button>
            <Button variant="danger" onClick={() => setDialog(false)}>
              Delete project
            </Button>
          </>
        }
      />
      <Button onClick={() => setSheet(true)}>Sheet</Button>
      <Sheet open={sheet} onOpenChange={setSheet} title="Task">
        <div className="p-5">
          <h2 className="font-semibold text-xl tracking-[-0.015em]">Pay the rent</h2>
          <p className="mt-2 text-muted">Details of one thing, beside its list.</p>
        </div>
      </Sheet>
      <DropdownMenu>
        <DropdownMenuTrigger asChild>
          <Button>Menu</Button>
        </DropdownMenuTrigger>
        <DropdownMenuContent>
          <DropdownMenuLabel>Task</DropdownMenuLabel>
          <DropdownMenuItem icon={Pencil} keys="e">
            Edit
          </DropdownMenuItem>
          <DropdownMenuItem icon={Flag} keys="p">
            Priority
          </DropdownMenuItem>
          <DropdownMenuCheckboxItem checked>Show done</DropdownMenuCheckboxItem>
          <DropdownMenuSeparator />
          <DropdownMenuItem icon={Trash2} tone="danger">
            Delete
          </DropdownMenuItem>
        </DropdownMenuContent>
      </DropdownMenu>
      <Popover>
        <PopoverTrigger asChild>
          <Button>Popover</Button>
        </PopoverTrigger>
        <PopoverContent label="A popover" className="w-60 text-sm">
          Something small and short.
        </PopoverContent>
      </Popover>
      <Button
        icon={Bell}
        onClick={() =>
          toast.success("Task completed", {
            description: "Pay the rent",
            action: { label: "Undo", onClick: () => toast.show("Undone") },
          })
        }
      >
        Toast
      </Button>
    </Group>
  );
}

function Signs() {
  return (
    <>
      <Group title="Badges, labels, keys, avatars">
        <Badge>Neutral</Badge>
        <Badge tone="accent">Accent</Badge>
        <Badge tone="ok">Done</Badge>
        <Badge tone="warn">Simulator</Badge>
        <Badge tone="danger">Overdue</Badge>
        <Badge tone="info">Pending</Badge>
        {LABEL_COLORS.map((color) => (
          <LabelPill key={color} color={color}>
            {color}
          </LabelPill>
        ))}
        <ColorDot color="purple" />
        <Kbd keys="mod+k" />
        <Kbd keys="g t" />
        <Avatar name="Ada Lovelace" size={20} />
        <Avatar name="Grace Hopper" />
        <Avatar name="Linus" size={32} />
        <Avatar name="Barbara Liskov" size={40} />
      </Group>
      <Group title="Banners and progress">
        <div className="grid w-full gap-2">
          <Banner>Two tasks changed while you were away.</Banner>
          <Banner tone="ok">Your key works: 14 models.</Banner>
          <Banner tone="warn" title="Answers come from the Simulator">
            Add a provider key to talk with a real model.
          </Banner>
          <Banner tone="danger" action={<Button size="sm">Retry</Button>}>
            The answer stopped half way.
          </Banner>
          <ProgressBar value={0.62} label="Done today" className="mt-3" />
          <Spinner className="mt-2 text-faint" />
        </div>
      </Group>
    </>
  );
}

/** Every primitive on one page, for people who build the interface. Not in the production build. */
export function GalleryPage() {
  return (
    <>
      <Tooltips />
      <main className="min-h-full bg-surface px-4 py-8 md:px-8">
        <div className="mx-auto max-w-[880px]">
          <h1 className="mb-6 font-semibold text-2xl tracking-[-0.02em]">Design system</h1>
          <Buttons />
          <Fields />
          <Choices />
          <Overlays />
          <Signs />
          <Group title="Cards, loading, empty">
            <div className="grid w-full gap-4 sm:grid-cols-2">
              <Card>
                <CardHeader title="Sessions" action={<Button size="sm">Sign out all</Button>}>
                  Where you are signed in.
                </CardHeader>
                <div className="border-t p-2">
                  <SkeletonRows rows={3} />
                </div>
              </Card>
              <Card>
                <EmptyState
                  icon={Inbox}
                  size="panel"
                  title="Inbox zero"
                  action={<Button icon={Plus}>New task</Button>}
                >
                  New tasks land here until you sort them.
                </EmptyState>
              </Card>
            </div>
          </Group>
          <EmptyState
            icon={CalendarCheck2}
            title="A clear day"
            action={<Button variant="primary">Plan my day</Button>}
          >
            Nothing is due. Add a task, or ask Vectal to plan your day.
          </EmptyState>
        </div>
      </main>
      <Toaster label="Notifications" />
    </>
  );
}
