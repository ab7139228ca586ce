from todos.models.label import Label
from todos.models.project import Membership, MembershipRole, Project
from todos.models.todo import Todo

__all__ = ["Label", "Membership", "MembershipRole", "Project", "Todo"]
