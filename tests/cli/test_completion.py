"""edgecalc completion: a script that the shell itself accepts, and that knows every command."""

import shutil
import subprocess
import sys

import pytest

from edgecalc.cli.completion import SHELLS
from edgecalc.cli.main import COMMANDS, main


@pytest.mark.parametrize("shell", SHELLS)
def test_the_script_knows_every_command_and_option(shell, capsys):
    assert main(["completion", shell]) == 0
    script = capsys.readouterr().out
    assert all(command.__name__.rpartition(".")[2] in script for command in COMMANDS)
    if shell != "tcsh":
        assert all(option in script for option in ("--on-collision", "--durability", "--settle"))


@pytest.mark.parametrize("shell", [shell for shell in SHELLS if shutil.which(shell)])
def test_the_shell_reads_the_script(shell, capsys):
    assert main(["completion", shell]) == 0
    ended = subprocess.run([shell, "-n"], input=capsys.readouterr().out, text=True, capture_output=True, timeout=60, check=False)
    assert (ended.returncode, ended.stderr) == (0, "")


@pytest.mark.parametrize(
    ("typed", "answer"),
    [
        ("wa", "watch"), ("run pho", "photos"), ("run photos mo", "more.png"), ("run photos -o pho", "photos"), ("run -o mo", ""),
        ("run --recipe r", "r.toml"), ("report pho", "photos"), ("compare mo", "more.png"), ("plot panels mo", "more.png"), ("run --existing s", "skip"),
    ],
)  # fmt: skip
def test_bash_completes_commands_choices_files_and_folders(typed, answer, tmp_path, capsys):
    (tmp_path / "photos").mkdir()
    for name in ("more.png", "r.toml"):
        (tmp_path / name).touch()
    assert main(["completion", "bash"]) == 0
    ask = f"COMP_WORDS=(edgecalc {typed}); COMP_CWORD={len(typed.split())}; _shtab_edgecalc; echo ${{COMPREPLY[@]}}"
    ended = subprocess.run(["bash"], input=capsys.readouterr().out + ask, text=True, capture_output=True, timeout=60, check=False, cwd=tmp_path)
    assert ended.stdout.split() == answer.split()


def test_without_shtab_the_way_to_get_it_is_told(monkeypatch, capsys):
    monkeypatch.setitem(sys.modules, "shtab", None)
    assert main(["completion", "bash"]) == 2
    assert 'pip install "edgecalc[completion]"' in capsys.readouterr().err


def test_unknown_shells_are_refused():
    with pytest.raises(SystemExit) as caught:
        main(["completion", "cmd"])
    assert caught.value.code == 2
