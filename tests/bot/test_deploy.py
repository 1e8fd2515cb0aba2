"""What happens to projects when somebody pushes: through git, with a real engine and store."""

import io
import tarfile

import pytest

from bot.deploy import Bot
from bot.git.errors import GitError, NoSuchRepository
from engine.clock import ManualClock
from engine.deploy import UploadRequest
from engine.errors import Conflict
from engine.files import archive
from engine.store import projects
from tests.support.git import WorkTree
from tests.support.projects import (
    BROKEN,
    DAILY,
    PLAIN,
    SUM,
    actions,
    current,
    deployments,
    revisions,
    visible_schedules,
    waiting_for,
)
from tests.support.remote_server import Remote


def push(work: WorkTree, *refs: str) -> list[str]:
    """What the remote said; the push is accepted."""
    return _said(work.git("push", "origin", *(refs or ("main",))))


def refused(work: WorkTree, *refs: str) -> str:
    """All that git printed; something is refused."""
    output = work.git("push", "origin", *(refs or ("main",)), check=False)
    assert "failed to push some refs" in output
    return output


def _said(output: str) -> list[str]:
    lines = [line for line in output.splitlines() if line.startswith("remote: ")]
    return [line.removeprefix("remote: ").rstrip() for line in lines]


def undo(work: WorkTree) -> None:
    work.git("reset", "-q", "--hard", "HEAD~1")


# What is deployed


def test_the_first_push(shop: WorkTree, remote: Remote) -> None:
    head = shop.commit({"etl/daily.dig": DAILY, "report/sum.dig": SUM, "README": "x"}, "Begin")
    said = push(shop)
    assert said[0] == f"Checking etl and report at main ({head[:7]}) …"
    assert said[1:5] == [
        "etl     r1  1 workflow, 1 schedule   deployed",
        "  + daily",
        "  next run of daily: 2026-01-03 07:00:00 +0100 (Europe/Berlin)",
        "report  r1  1 workflow, 0 schedules  deployed",
    ]
    (deployment,) = deployments(remote.database, "etl")
    assert (deployment.commit, deployment.ref, deployment.tag) == (head, "refs/heads/main", None)
    assert (deployment.author, deployment.subject) == ("Ada <ada@example.com>", "Begin")
    assert (deployment.requested_by, deployment.action) == ("push", "deployed")
    revision = current(remote.database, "etl")
    assert revision is not None
    assert revision.name == head[:12]
    assert revision.user_info["git"] == {
        "repository": "shop",
        "path": "etl",
        "commit": head,
        "ref": "refs/heads/main",
        "tag": None,
        "author": "Ada <ada@example.com>",
        "subject": "Begin",
        "committedAt": "2026-01-05T00:00:01Z",
        "number": 1,
    }
    assert waiting_for(remote.database, "report") == ["sum"]


def test_the_archive_is_made_from_git_objects(shop: WorkTree, remote: Remote) -> None:
    shop.commit({"a.dig": PLAIN, "sub/x.sh": "true\n", ".env": "secret"})
    shop.write({"a.dig": "not committed"})
    push(shop)
    revision = current(remote.database, "shop")
    assert revision is not None
    data = remote.engine.files.get(revision.archive_sha256)
    with tarfile.open(fileobj=io.BytesIO(data)) as tar:
        assert tar.getnames() == ["a.dig", "sub/x.sh"]
    assert [entry.data for entry in archive.read(data)] == [PLAIN.encode(), b"true\n"]
    assert revision.archive_size == len(data)


def test_only_projects_that_changed_are_touched(shop: WorkTree, remote: Remote) -> None:
    shop.commit({"etl/daily.dig": DAILY, "report/sum.dig": SUM})
    push(shop)
    head = shop.commit({"report/sum.dig": SUM + "+more:\n  echo>: 1\n"})
    said = push(shop)
    assert said[0] == f"Checking report at main ({head[:7]}) …"
    assert said[1:3] == ["report  r2  1 workflow, 0 schedules  deployed", "  ~ sum (1 task)"]
    assert said[-1] == "not touched by this push: etl"
    assert actions(remote.database, "etl") == ["deployed"]


def test_a_comment_is_no_revision(shop: WorkTree, remote: Remote) -> None:
    shop.commit({"a.dig": PLAIN})
    push(shop)
    head = shop.commit({"a.dig": f"# a comment\n{PLAIN}"})
    assert push(shop)[1:] == ["shop  r1  1 workflow, 0 schedules  unchanged since r1"]
    assert actions(remote.database, "shop") == ["deployed", "unchanged"]
    assert deployments(remote.database, "shop")[-1].commit == head
    assert len(revisions(remote.database, "shop")) == 1


def test_every_file_of_the_project_counts(shop: WorkTree) -> None:
    shop.commit({"a.dig": PLAIN, "q.sql": "select 1"})
    push(shop)
    shop.commit({"q.sql": "select 2"})
    assert push(shop)[1:] == ["shop  r2  1 workflow, 0 schedules  deployed", "  ~ q.sql"]


def test_what_changed_is_said(shop: WorkTree) -> None:
    shop.commit({"a.dig": PLAIN, "b.dig": PLAIN, "c.dig": DAILY})
    push(shop)
    shop.commit({"a.dig": PLAIN + "+b:\n  echo>: b\n", "b.dig": None, "d.dig": PLAIN})
    assert "  + d  ~ a (1 task)  - b" in push(shop)


def test_a_revert_rolls_back(shop: WorkTree, remote: Remote) -> None:
    first = shop.commit({"a.dig": PLAIN})
    push(shop)
    shop.commit({"a.dig": DAILY})
    push(shop)
    shop.git("revert", "--no-edit", "HEAD")
    assert push(shop)[1] == (
        f"shop  r1  1 workflow, 0 schedules  rolled back to the content of r1 ({first[:7]})"
    )
    revision = current(remote.database, "shop")
    assert revision is not None
    assert revision.number == 1
    assert deployments(remote.database, "shop")[-1].commit == shop.head
    assert visible_schedules(remote.database, "shop") == []
    shop.git("revert", "--no-edit", "HEAD")
    assert "rolled back to the content of r2" in push(shop)[1]
    assert len(visible_schedules(remote.database, "shop")) == 1


def test_a_force_push_is_a_deploy_like_any_other(shop: WorkTree, remote: Remote) -> None:
    shop.commit({"a.dig": PLAIN})
    push(shop)
    shop.commit({"a.dig": DAILY})
    push(shop)
    undo(shop)
    assert "rolled back to the content of r1" in push(shop, "--force", "main")[1]


def test_nothing_to_deploy(shop: WorkTree, remote: Remote) -> None:
    shop.commit({"README": "x"})
    assert push(shop) == ["No .dig files here: nothing to deploy"]
    shop.commit({"etl/a.dig": PLAIN})
    assert push(shop)[1].startswith("etl  r1")
    shop.commit({"README": "y"})
    assert push(shop) == ["No project changed: nothing to deploy"]


def test_only_tags_in_a_new_repository(shop: WorkTree, remote: Remote) -> None:
    shop.commit({"a.dig": PLAIN})
    shop.git("tag", "v1")
    assert push(shop, "v1") == ["There is no branch yet: nothing to deploy"]
    assert push(shop)[1].startswith("shop  r1")


def test_the_first_branch_pushed_deploys(shop: WorkTree, remote: Remote) -> None:
    shop.commit({"a.dig": PLAIN})
    shop.git("branch", "trunk")
    assert push(shop, "trunk")[1].startswith("shop  r1")
    shop.commit({"a.dig": DAILY})
    said = push(shop)
    assert said[-2] == "main: shop can be merged into trunk"
    assert len(revisions(remote.database, "shop")) == 1


def test_a_project_deleted_by_hand_comes_back(shop: WorkTree, remote: Remote) -> None:
    shop.commit({"a.dig": PLAIN})
    push(shop)
    with remote.database.read() as tx:
        project = projects.project_named(tx, "shop")
    remote.engine.delete_project(project.id)
    shop.commit({})
    assert push(shop)[1].startswith("shop  r1  1 workflow, 0 schedules  deployed")


# What is refused


def test_an_error_refuses_the_branch(shop: WorkTree, remote: Remote) -> None:
    shop.commit({"etl/a.dig": PLAIN, "report/b.dig": PLAIN})
    push(shop)
    before = shop.head
    shop.commit({"etl/a.dig": BROKEN, "report/b.dig": DAILY})
    output = refused(shop)
    assert "! [remote rejected] main -> main (digbot: 1 problem)" in output
    assert _said(output)[1:] == [
        "etl/a.dig:2:3: Unknown operator 'ech>' (did you mean 'echo>'?) [operators]",
        "1 problem: nothing is deployed, what runs goes on running",
    ]
    assert actions(remote.database, "report") == ["deployed"]
    assert f"{before}\trefs/heads/main" in shop.git("ls-remote", "origin")


def test_a_first_push_that_is_refused_makes_nothing(shop: WorkTree, remote: Remote) -> None:
    shop.commit({"a.dig": BROKEN})
    refused(shop)
    assert remote.bot.repositories() == []
    assert not remote.bot.host.exists("shop")
    assert current(remote.database, "shop") is None


def test_other_refs_of_the_push_are_accepted(shop: WorkTree, remote: Remote) -> None:
    shop.commit({"a.dig": PLAIN})
    push(shop)
    shop.git("branch", "side")
    shop.commit({"a.dig": BROKEN})
    output = refused(shop, "main", "side")
    assert "[new branch]      side -> side" in output
    assert "accepted without a deploy: side" in _said(output)


def test_an_invalid_settings_file_refuses_everything(shop: WorkTree, remote: Remote) -> None:
    shop.commit({"etl/a.dig": PLAIN})
    push(shop)
    shop.commit({"digbot.yml": "projects:\n  etl:\n    pth: x\n", "etl/a.dig": DAILY})
    assert "remote: digbot.yml:3:5: Unknown key 'pth' (did you mean 'path'?) [settings]" in refused(
        shop
    )
    assert actions(remote.database, "etl") == ["deployed"]


def test_a_mistake_in_a_folder_with_two_names_is_told_once(shop: WorkTree) -> None:
    shop.commit({"digbot.yml": "projects: {etl: {}, copy: {path: etl}}", "etl/a.dig": BROKEN})

    output = refused(shop)

    assert output.count("a.dig:") == 1
    assert "digbot: 1 problem)" in output


def test_a_stray_workflow_at_the_root_is_refused(shop: WorkTree, remote: Remote) -> None:
    shop.commit({"etl/a.dig": PLAIN})
    push(shop)
    shop.commit({"x.dig": PLAIN})
    output = refused(shop)
    assert "project 'etl' would disappear" in output
    assert "write digbot.yml: projects: {etl: {path: etl}}" in output
    shop.commit({"digbot.yml": "projects: {etl: {path: etl}}"})
    assert push(shop) == ["No project changed: nothing to deploy"]


def test_a_link_out_of_the_tree_is_refused(shop: WorkTree, remote: Remote) -> None:
    shop.commit({"a.dig": PLAIN, "passwd": "-> /etc/passwd"})
    assert "passwd:1:1: the symbolic link leaves the project" in refused(shop)


def test_a_submodule_is_a_warning(shop: WorkTree, remote: Remote) -> None:
    head = shop.commit({"a.dig": PLAIN})
    shop.git("update-index", "--add", "--cacheinfo", f"160000,{'1' * 40},vendor/lib")
    shop.git("commit", "-qm", f"submodule {head}")
    said = push(shop)
    assert said[-1].startswith("  vendor/lib:1:1: warning: a submodule is not fetched")
    assert said[1].endswith("deployed")


def test_deploying_what_is_valid_when_asked_to(shop: WorkTree, remote: Remote) -> None:
    shop.commit({"digbot.yml": "on_error: accept\n", "etl/a.dig": PLAIN, "report/b.dig": PLAIN})
    push(shop)
    shop.commit({"etl/a.dig": BROKEN, "report/b.dig": DAILY})
    said = push(shop)
    assert said[1].startswith("report  r2")
    assert said[-2].startswith("etl/a.dig:2:3: Unknown operator")
    assert said[-1] == ("not deployed, because of problems: etl; what runs goes on running")
    shop.commit({"report/b.dig": PLAIN})
    assert push(shop)[-1].startswith("not deployed, because of problems: etl")
    shop.commit({"etl/a.dig": DAILY})
    assert push(shop)[1].startswith("etl  r2")


def test_an_upstream_that_is_refused_takes_its_dependents_along(
    shop: WorkTree, remote: Remote
) -> None:
    broken = {"etl/daily.dig": BROKEN, "report/sum.dig": SUM, "other/x.dig": PLAIN}
    shop.commit({"digbot.yml": "on_error: accept\n", **broken})
    said = push(shop)
    assert said[1].startswith("other  r1")
    assert any("Dependent project 'etl' not found" in line for line in said)
    assert current(remote.database, "report") is None
    shop.commit({"etl/daily.dig": DAILY})
    assert current(remote.database, "report") is None
    assert [line[:10].strip() for line in push(shop) if " r1 " in line] == [
        "etl     r1",
        "report  r1",
    ]


# Triggers


def test_a_trigger_on_nothing_is_refused(shop: WorkTree, remote: Remote) -> None:
    shop.commit({"report/sum.dig": SUM})
    assert (
        "report/sum.dig:1:1: Dependent project 'etl' not found in trigger config [trigger]"
        in refused(shop)
    )


def test_a_circle_of_triggers_is_refused(shop: WorkTree, remote: Remote) -> None:
    back = SUM.replace("etl", "report").replace("daily", "sum")
    shop.commit({"etl/daily.dig": back, "report/sum.dig": SUM})
    assert "the triggers go in a circle: etl/daily → report/sum → etl/daily" in refused(shop)


def test_a_circle_over_repositories(shop: WorkTree, remote: Remote) -> None:
    shop.commit({"etl/daily.dig": DAILY})
    push(shop)
    other = WorkTree(shop.folder.parent / "other")
    other.git("remote", "add", "origin", f"{remote.url}/other.git")
    other.commit({"report/sum.dig": SUM})
    push(other)
    shop.commit({"etl/daily.dig": SUM.replace("etl", "report").replace("daily", "sum")})
    assert "etl/daily → report/sum → etl/daily" in refused(shop)


def test_removing_what_others_wait_for_is_a_warning(shop: WorkTree, remote: Remote) -> None:
    shop.commit({"etl/daily.dig": DAILY, "etl/x.dig": PLAIN, "report/sum.dig": SUM})
    push(shop)
    shop.commit({"etl/daily.dig": None})
    assert (
        "  warning: workflow 'daily' is gone, but 'report/sum' is triggered by it [trigger]"
        in push(shop)
    )


# Projects that go, move, or belong to somebody else


def test_a_folder_that_is_deleted(shop: WorkTree, remote: Remote) -> None:
    shop.commit({"etl/daily.dig": DAILY, "report/sum.dig": SUM})
    push(shop)
    shop.commit({"report": None, "etl": None, "README": "empty"})
    said = push(shop)
    assert said == [
        f"{name}  its folder is gone from the branch: its schedules stop, the project and its "
        "history stay"
        for name in ("etl", "report")
    ]
    assert visible_schedules(remote.database, "etl") == []
    assert waiting_for(remote.database, "report") == []
    assert current(remote.database, "etl") is not None
    shop.git("revert", "--no-edit", "HEAD")
    assert "etl     r1  1 workflow, 1 schedule   unchanged since r1" in push(shop)
    assert len(visible_schedules(remote.database, "etl")) == 1
    assert waiting_for(remote.database, "report") == ["sum"]


def test_a_project_that_is_renamed_in_the_file(shop: WorkTree, remote: Remote) -> None:
    shop.commit({"etl/daily.dig": DAILY})
    push(shop)
    shop.commit({"digbot.yml": "projects: {load: {path: etl}}"})
    said = push(shop)
    assert said[1].startswith("load  r1")
    assert "etl  the default branch does not name it any more: its schedules stop" in said[-1]


def test_a_folder_that_is_not_there(shop: WorkTree, remote: Remote) -> None:
    shop.commit({"digbot.yml": "projects: {etl: {path: etk}}", "etl/a.dig": PLAIN, "file": ""})
    assert "there is no folder 'etk' at this commit" in refused(shop)
    shop.commit({"digbot.yml": "projects: {etl: {path: file}}"})
    assert "'file' is a blob, not a folder" in refused(shop)


def test_the_first_repository_keeps_a_name(shop: WorkTree, remote: Remote) -> None:
    shop.commit({"etl/a.dig": PLAIN})
    push(shop)
    other = WorkTree(shop.folder.parent / "other")
    other.git("remote", "add", "origin", f"{remote.url}/other.git")
    other.commit({"etl/a.dig": DAILY})
    assert (
        "project 'etl' belongs to the repository 'shop'; 'other' needs another name for it"
        in refused(other)
    )
    remote.bot.remove_repository("shop")
    assert "adopted" in push(other)[1]


def test_an_uploaded_project_is_adopted(shop: WorkTree, remote: Remote) -> None:
    data = archive.pack([archive.Entry("daily.dig", 0o644, DAILY.encode())])
    uploaded = remote.engine.upload(UploadRequest("shop", "first", data))
    (before,) = visible_schedules(remote.database, "shop")
    shop.commit({"daily.dig": DAILY})
    assert push(shop)[1].startswith("shop  r2  1 workflow, 1 schedule  adopted")
    with remote.database.read() as tx:
        assert projects.project_named(tx, "shop").id == uploaded.id
    (after,) = visible_schedules(remote.database, "shop")
    assert (after.id, after.next_run_time) == (before.id, before.next_run_time)


def test_uploads_are_refused_unless_they_are_allowed(shop: WorkTree, remote: Remote) -> None:
    data = archive.pack([archive.Entry("a.dig", 0o644, DAILY.encode())])
    shop.commit({"a.dig": PLAIN})
    push(shop)
    with pytest.raises(Conflict, match="follows a repository"):
        remote.engine.upload(UploadRequest("shop", "first", data))
    shop.commit({"digbot.yml": "projects: {shop: {path: ., uploads: allow}}"})
    push(shop)
    remote.engine.upload(UploadRequest("shop", "first", data))
    revision = current(remote.database, "shop")
    assert revision is not None
    assert revision.name == "first"
    shop.commit({})
    push(shop)
    revision = current(remote.database, "shop")
    assert revision is not None
    assert revision.number == 1


# Rules


def test_a_branch_rule(shop: WorkTree, remote: Remote) -> None:
    rule = "projects:\n  etl: {}\n  etl-staging: {path: etl, deploy: staging, schedules: false}\n"
    shop.commit({"etl/daily.dig": DAILY, "digbot.yml": rule})
    said = push(shop)
    assert said[1].startswith("etl  r1")
    assert said[-1] == ("etl-staging  not deployed yet: nothing matches its deploy rule (staging)")
    said = push(shop, "main:staging")
    assert said[1] == "etl-staging  r1  1 workflow, 1 schedule  deployed"
    assert "  its schedules and triggers are off (digbot.yml: schedules: false)" in said
    (row,) = visible_schedules(remote.database, "etl-staging")
    assert row.disabled_reason == "project"
    shop.commit({"etl/daily.dig": PLAIN})
    assert push(shop, "main:staging")[1].startswith("etl-staging  r2")
    assert len(revisions(remote.database, "etl")) == 1
    assert "its schedules stop" in push(shop, ":staging")[0]


def test_an_error_on_a_deploy_branch_that_is_not_the_default(
    shop: WorkTree, remote: Remote
) -> None:
    shop.commit({"etl/daily.dig": DAILY, "digbot.yml": "projects: {etl: {deploy: live}}"})
    push(shop)
    push(shop, "main:live")
    shop.commit({"etl/daily.dig": BROKEN})
    push(shop)
    assert "main -> live (digbot: 1 problem)" in refused(shop, "main:live")


def test_what_is_read_from_the_deployed_commit(shop: WorkTree, remote: Remote) -> None:
    """`schedules` and `path` are the commit's; `deploy` and `uploads` the default branch's."""
    file = "projects: {{etl: {{path: {path}, deploy: live, schedules: {on}}}}}"
    shop.commit({"old/daily.dig": DAILY, "digbot.yml": file.format(path="old", on="false")})
    push(shop, "main", "main:live")
    (row,) = visible_schedules(remote.database, "etl")
    assert row.disabled_reason == "project"
    shop.git("mv", "old", "new")
    shop.commit({"digbot.yml": file.format(path="new", on="true")})
    assert push(shop) == ["No project changed: nothing to deploy"]
    assert "unchanged since r1" in push(shop, "main:live")[1]
    (row,) = visible_schedules(remote.database, "etl")
    assert row.disabled_at is None


def test_a_setting_that_changes_is_a_deployment(shop: WorkTree, remote: Remote) -> None:
    shop.commit({"etl/daily.dig": DAILY})
    push(shop)
    shop.commit({"digbot.yml": "projects: {etl: {schedules: false}}"})
    assert "unchanged since r1" in push(shop)[1]
    (row,) = visible_schedules(remote.database, "etl")
    assert row.disabled_reason == "project"
    assert actions(remote.database, "etl") == ["deployed", "unchanged"]


def test_tags(shop: WorkTree, remote: Remote) -> None:
    shop.commit({"digbot.yml": 'projects: {etl: {deploy: {tags: "v*"}}}', "etl/daily.dig": DAILY})
    assert "not deployed yet: nothing matches its deploy rule (tags v*)" in push(shop)[0]
    shop.git("tag", "v1.9")
    assert push(shop, "v1.9")[1] == "etl  r1  1 workflow, 1 schedule  deployed from tag v1.9"
    shop.commit({"etl/daily.dig": PLAIN})
    shop.git("tag", "-a", "v1.10", "-m", "ten")
    assert (
        push(shop, "main", "v1.10")[1]
        == "etl  r2  1 workflow, 0 schedules  deployed from tag v1.10"
    )
    newest = deployments(remote.database, "etl")[-1]
    assert (newest.tag, newest.commit, newest.ref) == ("v1.10", shop.head, "refs/tags/v1.10")
    assert [revision.name for revision in revisions(remote.database, "etl")] == ["v1.9", "v1.10"]
    shop.git("tag", "v1.8", "HEAD")
    assert push(shop, "v1.8") == ["No project changed: nothing to deploy"]
    assert "rolled back to the content of r1" in push(shop, ":v1.10")[1]
    push(shop, ":v1.8")
    assert "nothing matches its deploy rule (tags v*) any more" in push(shop, ":v1.9")[0]
    assert visible_schedules(remote.database, "etl") == []


def test_the_same_commit_with_a_new_tag_shows_the_tag(shop: WorkTree, remote: Remote) -> None:
    shop.commit({"digbot.yml": 'projects: {etl: {deploy: {tags: "v*"}}}', "etl/a.dig": PLAIN})
    shop.git("tag", "v1")
    push(shop, "main", "v1")
    shop.git("tag", "v2")
    assert push(shop, "v2")[1] == "etl  r1  1 workflow, 0 schedules  unchanged since r1 from tag v2"
    assert deployments(remote.database, "etl")[-1].tag == "v2"


def test_a_tag_that_moves(shop: WorkTree, remote: Remote) -> None:
    shop.commit({"digbot.yml": "projects: {etl: {deploy: {tags: live}}}", "etl/a.dig": PLAIN})
    shop.git("tag", "live")
    push(shop, "main", "live")
    shop.commit({"etl/a.dig": DAILY})
    shop.git("tag", "-f", "live")
    assert push(shop, "main", "+live")[1].startswith("etl  r2")
    shop.git("tag", "-f", "live", "HEAD~1")
    assert "rolled back to the content of r1" in push(shop, "+live")[1]


def test_a_bad_tag_is_refused(shop: WorkTree, remote: Remote) -> None:
    shop.commit({"digbot.yml": 'projects: {etl: {deploy: {semver: ">=1 <2"}}}', "etl/a.dig": PLAIN})
    push(shop)
    shop.commit({"etl/a.dig": BROKEN})
    push(shop)
    shop.git("tag", "v1.0.0")
    shop.git("tag", "v2.0.0")
    output = refused(shop, "v1.0.0", "v2.0.0")
    assert "v1.0.0 -> v1.0.0 (digbot: 1 problem)" in output
    assert "[new tag]         v2.0.0 -> v2.0.0" in output
    shop.commit({"etl/a.dig": PLAIN})
    shop.git("tag", "v1.1.0")
    assert "deployed from tag v1.1.0" in push(shop, "main", "v1.1.0")[1]


# Branches


def test_another_branch_is_checked_and_accepted(shop: WorkTree, remote: Remote) -> None:
    shop.commit({"etl/a.dig": PLAIN, "report/b.dig": PLAIN})
    push(shop)
    shop.git("checkout", "-qb", "feature")
    head = shop.commit({"etl/a.dig": BROKEN})
    assert push(shop, "feature") == [
        f"Checking etl at feature ({head[:7]}) …",
        "etl/a.dig:2:3: Unknown operator 'ech>' (did you mean 'echo>'?) [operators]",
        "feature: 1 problem when it is merged into main",
    ]
    shop.commit({"etl/a.dig": PLAIN + "+b:\n  echo>: b\n", "etl/new.dig": PLAIN})
    assert push(shop, "feature")[1:] == [
        "feature: etl can be merged into main",
        "  etl  + new  ~ a (1 task)",
    ]
    assert len(revisions(remote.database, "etl")) == 1


# Life


def test_repositories_are_listed_and_removed(shop: WorkTree, remote: Remote) -> None:
    shop.commit({"etl/daily.dig": DAILY})
    push(shop)
    (row,) = remote.bot.repositories()
    assert (row.name, row.url) == ("shop", None)
    assert remote.bot.repository("shop") == row
    (record,) = remote.bot.pushes("shop")
    assert record.report[0].startswith("etl  r1")
    assert record.updates[0].new == shop.head
    remote.bot.remove_repository("shop")
    assert remote.bot.repositories() == []
    assert not remote.bot.host.exists("shop")
    assert current(remote.database, "etl") is not None
    with pytest.raises(NoSuchRepository, match="no repository 'shop'"):
        remote.bot.repository("shop")
    assert "adopted" in push(shop)[1]


def test_a_refused_push_is_recorded(shop: WorkTree, remote: Remote) -> None:
    shop.commit({"a.dig": PLAIN})
    push(shop)
    shop.commit({"a.dig": BROKEN})
    refused(shop)
    record = remote.bot.pushes("shop")[0]
    assert record.refused == {"refs/heads/main": "digbot: 1 problem"}
    assert "Unknown operator" in record.report[0]


def test_another_default_branch(shop: WorkTree, remote: Remote) -> None:
    shop.commit({"a.dig": PLAIN})
    push(shop)
    shop.commit({"a.dig": DAILY})
    push(shop, "main:trunk")
    report = remote.bot.set_default_branch("shop", "trunk")
    assert report[0].startswith("shop  r2")
    with pytest.raises(GitError, match="shop has no branch 'nothing'"):
        remote.bot.set_default_branch("shop", "nothing")


def test_a_mistake_of_ours_refuses_the_push_and_is_logged(
    shop: WorkTree,
    remote: Remote,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    shop.commit({"a.dig": PLAIN})

    def broken(*_: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(remote.bot._settler._reader, "_load", broken)
    assert "(digbot: internal error, see the log of the server)" in refused(shop)
    assert "ZeroDivisionError" in caplog.text
    monkeypatch.undo()
    assert push(shop)[1].startswith("shop  r1")


def test_a_bot_that_does_not_make_repositories(
    shop: WorkTree, remote: Remote, clock: ManualClock
) -> None:
    closed = Bot(remote.engine, remote.database, remote.data, clock, create_repositories=False)
    assert not closed.host.create
