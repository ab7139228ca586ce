from todos.models.label import Label
from todos.models.project import Membership, MembershipRole, Project, Section
from todos.models.reminder import Notification, Reminder, ReminderBase
from todos.models.saved_filter import SavedFilter
from todos.models.search import SearchDocument
from todos.models.sharing import CalendarFeed, PublicLink, ShareInvitation
from todos.models.sync import SyncPoint, Tombstone
from todos.models.talk import Attachment, Comment, Relation, RelationKind
from todos.models.todo import RecurrenceAnchor, Todo
from todos.models.transfer import Import, ImportLine, ImportStatus, LineOutcome
from todos.models.trash import DiscardedFile

__all__ = [
    "Attachment",
    "CalendarFeed",
    "Comment",
    "DiscardedFile",
    "Import",
    "ImportLine",
    "ImportStatus",
    "Label",
    "LineOutcome",
    "Membership",
    "MembershipRole",
    "Notification",
    "Project",
    "PublicLink",
    "RecurrenceAnchor",
    "Relation",
    "RelationKind",
    "Reminder",
    "ReminderBase",
    "SavedFilter",
    "SearchDocument",
    "Section",
    "ShareInvitation",
    "SyncPoint",
    "Todo",
    "Tombstone",
]
