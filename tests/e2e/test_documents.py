"""What packagers install beside the binary."""

import subprocess

import pytest
from support import error_line, run, run_ok

COMMANDS = ["build", "inspect", "lookup", "networks", "serve", "suppress", "verify"]


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completions_know_every_command(shell):
    script = run_ok("completions", shell)
    for command in COMMANDS:
        assert command in script


def test_bash_reads_its_completions():
    done = subprocess.run(
        ["bash", "-n"], input=run_ok("completions", "bash"), text=True, capture_output=True, check=False
    )
    assert (done.returncode, done.stderr) == (0, "")


def test_every_command_has_a_man_page(tmp_path):
    run_ok("man", tmp_path)
    pages = {page.name for page in tmp_path.iterdir()}
    assert pages >= {"nameplate.1", *(f"nameplate-{command}.1" for command in COMMANDS)}
    for page in tmp_path.iterdir():
        assert ".TH" in page.read_text()


def test_man_pages_need_a_folder_that_is_there(tmp_path):
    assert "no-such" in error_line(run("man", tmp_path / "no-such"))


@pytest.mark.parametrize(
    "command", [[], *([command] for command in COMMANDS)], ids=lambda c: " ".join(c) or "nothing"
)
def test_every_command_has_help(command):
    assert "Usage: nameplate" in run_ok(*command, "--help")


def test_the_version_is_told():
    assert run_ok("--version").startswith("nameplate ")
