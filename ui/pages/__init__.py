"""The pages of the sidebar, as a table: (id, module, class). A page's module is imported on its first visit and never before.

What one page may ask of another (`Page.go(id, request)`): a dict with one or more of these keys. A page uses those that
it understands and overlooks the others; it must never fail on one.

- "id": int, the row to open (an order, a listing, a job) · "connection": int, only this connection
- "search": str, what stands in the search field · "view": str, a saved view: "today", "late", "unprinted", "cancel_asked"
  (orders, print), "problem", "on_the_way" … (parcels), "refused", "waiting" (prices), "running", "failed", "next" (jobs),
  a section (settings), a span (audit) · "plan": int, a stored plan of prices, 0 for the list of them (prices)
- "chart": a `Pin` of ui.pages.health_pins, the chart to show (health)
"""

from __future__ import annotations

#: In the order of the sidebar and of Ctrl+1 … Ctrl+8.
PAGES: list[tuple[str, str, str]] = [
    ("today", "ui.pages.today", "TodayPage"),
    ("orders", "ui.pages.orders", "OrdersPage"),
    ("prices", "ui.pages.prices", "PricesPage"),
    ("print", "ui.pages.printing", "PrintPage"),
    ("parcels", "ui.pages.parcels", "ParcelsPage"),
    ("connections", "ui.pages.connections", "ConnectionsPage"),
    ("health", "ui.pages.health", "HealthPage"),
    ("jobs", "ui.pages.jobs", "JobsPage"),
    ("pack", "ui.pages.pack", "PackPage"),
    ("settings", "ui.pages.settings", "SettingsPage"),
]

#: Pages that other pages and Ctrl+K lead to; they have no place in the sidebar.
MORE: list[tuple[str, str, str]] = [
    ("audit", "ui.pages.audit", "AuditPage"),
    ("payouts", "ui.pages.payouts", "PayoutsPage"),
]

#: Of those, the page of the sidebar that they belong to and that stays marked; the others mark none.
UNDER: dict[str, str] = {"audit": "settings"}

#: Phosphor icons of the sidebar; here, so that no page need be imported to show its name.
ICONS: dict[str, str] = {
    "today": "sun-horizon",
    "orders": "receipt",
    "parcels": "truck",
    "prices": "tag",
    "print": "printer",
    "pack": "package",
    "connections": "link",
    "health": "activity",
    "jobs": "list-bullets",
    "settings": "gear-six",
    "audit": "notebook",
    "payouts": "wallet",
}
