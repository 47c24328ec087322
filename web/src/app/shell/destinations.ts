import {
  Bell,
  Bot,
  Brain,
  CalendarCheck2,
  CalendarDays,
  ChartColumn,
  Files,
  Inbox,
  type LucideIcon,
  MessageCircle,
  Settings,
  Telescope,
} from "lucide-react";

export interface Destination {
  to:
    | "/today"
    | "/inbox"
    | "/calendar"
    | "/chat"
    | "/files"
    | "/runs"
    | "/research"
    | "/notifications"
    | "/memories"
    | "/usage"
    | "/settings";
  label:
    | "nav.today"
    | "nav.inbox"
    | "nav.calendar"
    | "nav.chat"
    | "nav.files"
    | "nav.runs"
    | "nav.research"
    | "nav.notifications"
    | "nav.memories"
    | "nav.usage"
    | "nav.settings";
  icon: LucideIcon;
  keys: string;
}

export const TODAY: Destination = {
  to: "/today",
  label: "nav.today",
  icon: CalendarCheck2,
  keys: "g t",
};
export const INBOX: Destination = { to: "/inbox", label: "nav.inbox", icon: Inbox, keys: "g i" };
export const CALENDAR: Destination = {
  to: "/calendar",
  label: "nav.calendar",
  icon: CalendarDays,
  keys: "g d",
};
export const CHAT: Destination = {
  to: "/chat",
  label: "nav.chat",
  icon: MessageCircle,
  keys: "g c",
};
export const FILES: Destination = { to: "/files", label: "nav.files", icon: Files, keys: "g f" };
export const RUNS: Destination = { to: "/runs", label: "nav.runs", icon: Bot, keys: "g a" };
export const NOTIFICATIONS: Destination = {
  to: "/notifications",
  label: "nav.notifications",
  icon: Bell,
  keys: "g n",
};
export const RESEARCH: Destination = {
  to: "/research",
  label: "nav.research",
  icon: Telescope,
  keys: "g r",
};
export const MEMORIES: Destination = {
  to: "/memories",
  label: "nav.memories",
  icon: Brain,
  keys: "g m",
};
export const USAGE: Destination = {
  to: "/usage",
  label: "nav.usage",
  icon: ChartColumn,
  keys: "g u",
};
export const SETTINGS: Destination = {
  to: "/settings",
  label: "nav.settings",
  icon: Settings,
  keys: "g s",
};

export const DESTINATIONS = [
  TODAY,
  INBOX,
  NOTIFICATIONS,
  CALENDAR,
  CHAT,
  FILES,
  RUNS,
  RESEARCH,
  MEMORIES,
  USAGE,
  SETTINGS,
];
