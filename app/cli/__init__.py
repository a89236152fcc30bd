"""The command line `yume`: one file a command. Modules import late, so that help and errors come at once."""

from __future__ import annotations

import sys

import typer

from app.cli import audit, doctor, invite, login, make, migrate, receipt, recount, seed, serve, up, worker
from app.cli.terminal import show_trouble
from app.trouble import Trouble

program = typer.Typer(
    name="yume",
    help="Yume: a social network of your own for generated video with sound.",
    no_args_is_help=True,
    rich_markup_mode="rich",
    pretty_exceptions_show_locals=False,
)
program.command("up")(up.up)
program.command("make")(make.make)
program.command("login")(login.login)
program.command("doctor")(doctor.doctor)
program.command("serve")(serve.serve)
program.command("worker")(worker.worker)
program.command("migrate")(migrate.migrate)
program.command("recount")(recount.recount)
program.command("seed")(seed.seed)
program.add_typer(invite.program, name="invite")
program.add_typer(audit.program, name="audit")
program.add_typer(receipt.program, name="receipt")


def main() -> None:
    """Run the command line; an error that a person can mend is shown in words, with what to do."""
    try:
        program()
    except Trouble as trouble:
        show_trouble(trouble)
        sys.exit(1)
