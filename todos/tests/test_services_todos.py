from todos.services.todos import complete_todo


def test_completing_a_todo_records_it_once(owner, todo, recorded, now):
    complete_todo(actor=owner, todo_id=todo.pk, now=now)
    complete_todo(actor=owner, todo_id=todo.pk, now=now)

    assert recorded(todo) == ["todo.created", "todo.completed"]
