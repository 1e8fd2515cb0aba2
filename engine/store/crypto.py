"""How secrets are encrypted: AES-GCM, in the form that a Digdag server stores.

Base64 of: `aesgcm`, version (4 bytes), term of the key (4 bytes), nonce (12 bytes), then, encrypted
with a tag of 16 bytes, the length of the text (4 bytes) and the text, filled up to whole blocks.
(rest-api.md §7 gives version and term fewer bytes; this is what Digdag's own records look like.)
"""

from __future__ import annotations

import base64
import binascii
import os
import struct

from engine.errors import ConfigError

ENGINE = "aesgcm"

_HEADER = struct.Struct(">6sII12s")
_VERSION = 2
_VERSIONS = (1, 2)
_TERM = 1
_NONCE = 12
_BLOCK = 16
_KEY_SIZES = (16, 24, 32)


class SecretCrypto:
    """Encrypts and decrypts with one key of 16 bytes; longer ones of AES work too."""

    def __init__(self, key: bytes) -> None:
        from cryptography.hazmat.primitives.ciphers.aead import AESGCM

        if len(key) not in _KEY_SIZES:
            raise ConfigError(
                f"The key for secrets has {len(key)} bytes; expected 16, which are 24 characters "
                f"of base64"
            )
        self._cipher = AESGCM(key)

    @classmethod
    def from_base64(cls, text: str) -> SecretCrypto:
        """From the text of a key file or setting. Raises `ConfigError`."""
        try:
            key = base64.b64decode(text.strip(), validate=True)
        except (binascii.Error, ValueError) as error:
            raise ConfigError("The key for secrets is not base64") from error
        return cls(key)

    def encrypt(self, text: str) -> str:
        data = text.encode()
        plain = struct.pack(">I", len(data)) + data
        plain += bytes(-len(plain) % _BLOCK)  # hides the exact length
        nonce = os.urandom(_NONCE)
        header = _HEADER.pack(ENGINE.encode(), _VERSION, _TERM, nonce)
        return base64.b64encode(header + self._cipher.encrypt(nonce, plain, None)).decode()

    def decrypt(self, text: str) -> str:
        """Raises `ConfigError` when the key is another one, or the record is damaged."""
        from cryptography.exceptions import InvalidTag

        try:
            record = base64.b64decode(text, validate=True)
            name, version, term, nonce = _HEADER.unpack_from(record)
            if name != ENGINE.encode() or version not in _VERSIONS or term != _TERM:
                raise ConfigError("A stored secret has a form that this version cannot read")
            plain = self._cipher.decrypt(nonce, record[_HEADER.size :], None)
        except (InvalidTag, ValueError, struct.error) as error:
            raise ConfigError(
                "A stored secret cannot be decrypted: the key for secrets is not the one that it "
                "was stored with, or the record is damaged"
            ) from error
        (size,) = struct.unpack_from(">I", plain)
        return plain[4 : 4 + size].decode()
