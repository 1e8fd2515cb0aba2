"""How secrets are encrypted: AES-GCM, in the form that Digdag stores (rest-api.md §7)."""

from __future__ import annotations

import base64
import binascii
import os
import struct

from engine.errors import ConfigError

ENGINE = "aesgcm"

_HEADER = struct.pack(">HB", 0, 0)  # version, term of the key
_NONCE = 12
_BLOCK = 16


class SecretCrypto:
    """Encrypts and decrypts with one key of 16, 24 or 32 bytes."""

    def __init__(self, key: bytes) -> None:
        from cryptography.hazmat.primitives.ciphers.aead import AESGCM

        if len(key) not in (16, 24, 32):
            raise ConfigError(
                f"The key for secrets has {len(key)} bytes; expected 16, in base64 24 characters"
            )
        self._cipher = AESGCM(key)

    @classmethod
    def from_base64(cls, text: str) -> SecretCrypto:
        try:
            return cls(base64.b64decode(text.strip(), validate=True))
        except binascii.Error as error:
            raise ConfigError("The key for secrets is not base64") from error

    def encrypt(self, text: str) -> str:
        data = text.encode()
        plain = struct.pack(">I", len(data)) + data
        plain += bytes(-len(plain) % _BLOCK)  # hides the exact length
        nonce = os.urandom(_NONCE)
        sealed = _HEADER + nonce + self._cipher.encrypt(nonce, plain, None)
        return base64.b64encode(sealed).decode()

    def decrypt(self, text: str) -> str:
        """Raises `ConfigError` when the key is another one, or the value was tampered with."""
        from cryptography.exceptions import InvalidTag

        start = len(_HEADER)
        try:
            sealed = base64.b64decode(text, validate=True)
            nonce, body = sealed[start : start + _NONCE], sealed[start + _NONCE :]
            plain = self._cipher.decrypt(nonce, body, None)
        except (InvalidTag, ValueError) as error:
            raise ConfigError(
                "A stored secret cannot be decrypted: the key for secrets is not the one that it "
                "was stored with"
            ) from error
        (size,) = struct.unpack_from(">I", plain)
        return plain[4 : 4 + size].decode()
