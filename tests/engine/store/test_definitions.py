from engine.store import definitions, projects
from tests.support.store import Shop, add_revision


def test_workflows_of_a_revision_in_their_order(shop: Shop) -> None:
    with shop.database.transaction() as tx:
        assert definitions.definitions_of(tx, shop.revision.id) == [shop.etl, shop.report]
        assert shop.etl.config == {"+a": {"echo>": "a"}, "+b": {"echo>": "b"}}
        assert list(shop.etl.config) == ["+a", "+b"]
        assert definitions.definition(tx, shop.etl.id) == shop.etl
        assert definitions.definitions(tx, [shop.etl.id, 9999]) == {shop.etl.id: shop.etl}
        assert definitions.find_definition(tx, shop.revision.id, "report") == shop.report
        assert definitions.find_definition(tx, shop.revision.id, "nope") is None


def test_equal_text_is_stored_once(shop: Shop) -> None:
    from sqlalchemy import func, select

    from engine.store import tables

    with shop.database.transaction() as tx:
        second = add_revision(tx, shop.project, "def456")
        made = definitions.insert_definitions(
            tx, second, [("etl", "UTC", shop.etl.config), ("copy", "UTC", shop.etl.config)]
        )
        count = tx.execute(select(func.count()).select_from(tables.definition_configs)).scalar()
    assert [definition.config for definition in made] == [shop.etl.config] * 2
    assert made[0].id > shop.report.id
    assert count == 2


def test_a_revision_without_workflows(shop: Shop) -> None:
    with shop.database.transaction() as tx:
        empty = add_revision(tx, shop.project, "empty")
        assert definitions.insert_definitions(tx, empty, []) == []


def test_the_current_revision_decides_what_is_listed(shop: Shop) -> None:
    with shop.database.transaction() as tx:
        second = add_revision(tx, shop.project, "def456")
        (etl,) = definitions.insert_definitions(tx, second, [("etl", "UTC", {"+x": {}})])
        assert definitions.find_current_definition(tx, shop.project.id, "etl") == shop.etl
        projects.set_current(tx, shop.project.id, second.id)
        assert definitions.find_current_definition(tx, shop.project.id, "etl") == etl
        assert definitions.find_current_definition(tx, shop.project.id, "report") is None
        (row,) = definitions.workflow_rows(tx)
        assert (row.definition, row.project_name, row.revision_name) == (etl, "shop", "def456")
        assert definitions.workflow_row(tx, shop.etl.id).revision_name == "abc123"


def test_workflows_are_paged_and_searched(shop: Shop) -> None:
    def found(**options: object) -> list[str]:
        rows = definitions.workflow_rows(tx, **options)
        return [row.definition.name for row in rows]

    with shop.database.read() as tx:
        assert found() == ["etl", "report"]
        assert found(descending=True) == ["report", "etl"]
        assert found(last_id=shop.etl.id) == ["report"]
        assert found(last_id=shop.report.id, descending=True) == ["etl"]
        assert found(limit=1) == ["etl"]
        assert found(name_pattern="epo") == ["report"]
        assert found(name_pattern="hop") == []
        assert found(name_pattern="hop", search_project_name=True) == ["etl", "report"]
