"""Opening this installation's vault; what is wrong with its keys is said in words that mend it."""

from __future__ import annotations

from app.settings import Settings
from app.trouble import KeysBroken
from models.ledger import LedgerBroken
from models.vault import Vault, WrongMaster, read_master


def open_vault(settings: Settings) -> Vault:
    """The vault in the key folder, unlocked with the master key, its ledger whole. Raises `KeysBroken`."""
    given = settings.master_key
    try:
        master = read_master(settings.keys, given.get_secret_value() if given else None)
        vault = Vault(settings.keys, master, ledger_copy=settings.ledger_copy)
        vault.ledger.subjects()
    except WrongMaster as error:
        raise KeysBroken(
            str(error), mend=f"Set YUME_MASTER_KEY, or put {settings.keys / 'master.key'} back, as it was."
        ) from error
    except LedgerBroken as error:
        raise KeysBroken(
            str(error),
            mend=f"Put the newest copy of {settings.keys / 'erasures.jsonl'} back: nothing is served without.",
        ) from error
    except OSError as error:
        raise KeysBroken(
            f"The key folder or the ledger's copy cannot be used: {error}.",
            mend="Check YUME_KEY_DIR and YUME_LEDGER_COPY, and that this user may write there.",
        ) from error
    return vault
