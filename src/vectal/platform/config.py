"""Settings: read once from the environment by an entrypoint, then passed down."""

import re
from email.errors import HeaderParseError
from email.headerregistry import Address
from email.utils import parseaddr
from ipaddress import ip_network
from pathlib import Path
from typing import Annotated, Final, Literal, Self

from pydantic import Field, SecretStr, field_validator, model_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from vectal.platform.hosts import read_hosts

DEFAULT_PORT = 8484
_ORIGIN: Final = re.compile(r"[a-z][a-z0-9+.-]*://[^/?#\s@*]+")


def default_data_dir() -> Path:
    return Path.home() / ".local" / "share" / "vectal"


class Settings(BaseSettings):
    """Every knob of the process. Names are the environment's, with the prefix VECTAL_."""

    # The docstrings are read by `scripts/reference`: to read them here would parse this file anew
    # at every start.
    model_config = SettingsConfigDict(env_prefix="VECTAL_", frozen=True, extra="ignore")

    host: str = "127.0.0.1"
    """The address to listen on; `0.0.0.0` for every network."""
    port: Annotated[int, Field(ge=0, le=65535)] = DEFAULT_PORT
    """Unless it is set, `vectal up` takes the next free one."""
    public_url: str | None = None
    """Where browsers reach us; the origin check and cookie names lean on it."""

    data_dir: Path = Field(default_factory=default_data_dir)
    """The embedded servers, files and the master key live here."""
    database_url: SecretStr | None = None
    """postgresql://… of the login the app uses. Unset: the embedded server."""
    database_owner_url: SecretStr | None = None
    """Login for migrations; `database_url` when unset."""
    database_pool_size: Annotated[int, Field(ge=1, le=200)] = 10
    """Connections a process keeps open; it may double under load."""
    redis_url: SecretStr | None = None
    """redis://… of a Redis 7 or Valkey. Unset: the embedded one."""
    storage_url: str | None = None
    """file:///… or s3://bucket/prefix; the data folder when unset."""
    vector_url: SecretStr | None = None
    """Where vectors are: chroma+http://host:port, weaviate+https://:key@host or
    pinecone+https://:key@api.pinecone.io; PostgreSQL when unset."""

    master_key: SecretStr | None = None
    """Base64 of 32 bytes; wraps the data keys."""
    master_key_file: Path | None = None
    """A file with the master key; `master.key` in the data folder when unset."""
    previous_master_keys: Annotated[tuple[SecretStr, ...], NoDecode] = ()
    """Older master keys that may still unwrap, comma separated, until a rotation ends."""

    signup: Literal["invitation", "open"] = "invitation"
    """Who may make an account, until an administrator chooses."""
    trusted_proxies: Annotated[tuple[str, ...], NoDecode] = ()
    """Addresses or networks whose X-Forwarded-* headers are believed, comma separated."""
    egress_allow: Annotated[tuple[str, ...], NoDecode] = ()
    """Hosts or networks inside the house that outgoing calls may reach, comma separated."""
    search_url: SecretStr | None = None
    """A SearXNG that research asks: searxng+http(s)://host:port, with name:password@ before the
    host where it wants one. It must serve `format=json`."""
    perplexity_key: SecretStr | None = None
    """A key of Perplexity, for research."""
    perplexity_use: Literal["search", "sonar", "both"] = "search"
    """Its Search API, the sources of its Sonar model, or both."""
    perplexity_url: str = "https://api.perplexity.ai"
    """Where Perplexity is, or a proxy before it."""
    brave_key: SecretStr | None = None
    """A key of Brave Search, for research."""
    brave_url: str = "https://api.search.brave.com"
    """Where Brave Search is, or a proxy before it."""
    tavily_key: SecretStr | None = None
    """A key of Tavily, for research."""
    tavily_url: str = "https://api.tavily.com"
    """Where Tavily is, or a proxy before it."""
    research_allow: Annotated[tuple[str, ...], NoDecode] = ()
    """Hosts or networks inside the house whose pages research may read, comma separated. What
    VECTAL_EGRESS_ALLOW opens stays closed to it: strangers choose what a search finds."""
    research_pages: Annotated[int, Field(ge=1, le=32)] = 4
    """Pages that one research asks for at once."""

    models_file: Path | None = None
    """A model catalogue of your own, in the form of `config/models.toml`."""
    web_dir: Path | None = None
    """The built web app, when it is neither in the package nor in the checkout."""

    document_sandbox: Literal["full", "reduced"] = "full"
    """`full` reads no file unless memory, time, network, files and processes are locked; `reduced`
    goes on with the locks that the system has."""
    document_memory_mb: Annotated[int, Field(ge=256, le=65_536)] = 1536
    """Memory that the reader of one document may use."""
    code_sandbox: Literal["off", "on"] = "off"
    """Whether agents may run Python that they write, in a locked child without network and files.
    Where the kernel can't lock it in, it stays off, and the log says so."""
    mcp_stdio: Path | None = None
    """A JSON file of MCP servers that are started as programs here:
    {"mcpServers": {"name": {"command": "…", "args": ["…"], "env": {"…": "…"}}}}."""
    ocr_languages: Annotated[tuple[str, ...], NoDecode] = ("eng", "deu")
    """Languages of scanned pages, comma separated, as tesseract names them."""

    document_rerank: bool = False
    """Whether a model of the workspace sorts the passages of every search by meaning, also for
    chat; without it only searches that ask for it. It takes longer, and it costs."""

    embedding_model: str | None = None
    """Which model makes vectors of documents, as `/v1/embeddings` names it, where a workspace has
    a provider of it; the local one where not, and when unset."""
    embedding_dimensions: Annotated[int, Field(ge=1, le=4_000)] | None = None
    """How many numbers its vectors have; unset: as many as the catalogue says."""

    agent_engine: Literal["native", "n8n"] = "native"
    """Who brings agent runs from step to step that name no engine; `native` where n8n is not set
    up."""
    n8n_url: str | None = None
    """Where n8n is, as an engine of agent runs and for workflows as tools; outgoing calls may reach
    this host."""
    n8n_api_key: SecretStr | None = None
    """A key of n8n's API; unset, it is read from `n8n.key` in the data folder, which `vectal n8n
    bootstrap` writes."""
    n8n_callback_url: str | None = None
    """Where n8n reaches us; `public_url` when unset."""
    n8n_patience_s: Annotated[float, Field(ge=5, le=3_600)] = 60.0
    """How long n8n may be silent or away before our own workers take a run over."""

    smtp_host: str | None = None
    """A server that mails go out by; none are sent when unset. Needs `mail_from` and `public_url`,
    where the links in mails lead."""
    smtp_port: Annotated[int, Field(ge=1, le=65535)] | None = None
    """Unset: 587 with STARTTLS, 465 with TLS, 25 with neither."""
    smtp_tls: Literal["starttls", "tls", "none"] = "starttls"
    """`starttls` and `tls` send nothing to a server that can't show a good certificate; `none` is
    for a relay on this machine, and never with a password."""
    smtp_user: str | None = None
    """The name to sign in to it with."""
    smtp_password: SecretStr | None = None
    """The password of `smtp_user`."""
    smtp_password_file: Path | None = None
    """A file with that password, instead."""
    smtp_ca_file: Path | None = None
    """Certificates of authorities to trust instead of the system's."""
    mail_from: str | None = None
    """Whom mails come from: `vectal@example.org` or `Vectal <vectal@example.org>`."""

    log_level: Literal["debug", "info", "warning", "error"] = "info"
    """What is worth a line."""
    log_format: Literal["json", "console"] = "json"
    """JSON for machines, console for people."""
    otel_endpoint: str | None = None
    """An OTLP/HTTP collector for traces; none are made when unset."""

    request_timeout_s: Annotated[float, Field(gt=0, le=600)] = 30.0
    """How long a request may take; streams are exempt."""
    max_body_bytes: Annotated[int, Field(ge=1024, le=1 << 30)] = 1 << 20
    """The largest request body; a larger one is refused with 413."""
    drain_s: Annotated[float, Field(ge=0, le=600)] = 15.0
    """How long a stopping server waits for the turns and requests it holds."""
    model_origins: Annotated[tuple[str, ...], NoDecode] = ()
    """Sites whose pages may call /v1 from a browser, with a key (CORS): origins such as
    https://chat.example.com, comma separated, or * for all."""
    model_requests_per_minute: Annotated[int, Field(ge=0, le=1_000_000_000)] = 600
    """Calls under /v1 by one person; ten times as many by one workspace or address, a hundred
    times through one door. 0: no limit."""
    model_tokens_per_minute: Annotated[int, Field(ge=0, le=1_000_000_000)] = 0
    """Tokens of calls under /v1 by one person; ten times as many by one workspace. 0: no limit."""
    model_body_timeout_s: Annotated[float, Field(gt=0, le=600)] = 60.0
    """How long the body of a call under /v1 may take to arrive."""
    model_write_timeout_s: Annotated[float, Field(gt=0, le=600)] = 60.0
    """How long a client may refuse to take what is written before it is let go."""
    model_keep_alive_s: Annotated[float, Field(gt=0, le=600)] = 15.0
    """How long a stream under /v1 may wait for its first word before the client is shown, and then
    again each time, that it lives. Proxies in between cut what is silent for 30 or 60 seconds."""
    model_thinking_s: Annotated[float, Field(ge=60, le=3_600)] = 300.0
    """How long to wait for the first word of a model that may think unseen (OpenAI), or is loaded
    when it is asked (a server of one's own). Others have 60 seconds."""
    header_timeout_s: Annotated[float, Field(gt=0, le=600)] = 30.0
    """How long the head of a request may take to arrive; then 408, and the connection is closed."""
    max_connections: Annotated[int, Field(ge=16, le=1_000_000)] = 10_000
    """Connections that one server holds, or fewer where the system lends it fewer sockets; more
    are answered with 503."""
    budget_history_days: Annotated[int, Field(ge=70, le=3_650)] = 400
    """How long it is known what a budget has seen in a day or month that is over."""
    run_keep_days: Annotated[int, Field(ge=0, le=3_650)] = 0
    """How long a run of an agent and its journal are kept once it has ended. 0: for good."""
    job_partitions: Annotated[int, Field(ge=1, le=64)] = 1
    """Into so many dockets each queue of jobs is parted by workspace, so that none holds up all.
    The scheduler and every worker must have the same number."""
    batch_concurrency: Annotated[int, Field(ge=1, le=256)] = 8
    """Lines of one batch that are sent at once."""
    batch_file_bytes: Annotated[int, Field(ge=1024, le=1 << 30)] = 200 << 20
    """The largest file of lines that may be uploaded under /v1/files."""
    file_bytes: Annotated[int, Field(ge=1, le=1 << 42)] = 5 << 30
    """The largest file that may be uploaded."""
    file_user_bytes: Annotated[int, Field(ge=0, le=1 << 60)] = 0
    """What all files of one person in a workspace may have, the trash included. 0: no limit."""
    file_workspace_bytes: Annotated[int, Field(ge=0, le=1 << 60)] = 0
    """What all files of a workspace may have, the trash included. 0: no limit."""
    file_trash_days: Annotated[int, Field(ge=0, le=3_650)] = 30
    """How long a deleted file can be restored."""
    clamav_url: str | None = None
    """tcp://host:port or unix:///path of a clamd that scans every file. Unset: none is scanned."""
    clamav_required: bool = True
    """Whether a file waits until clamd has seen it; else it may be read while clamd is away."""
    document_parsers: Annotated[int, Field(ge=1, le=64)] = 2
    """Documents that one worker reads at once, each in a locked child of its own."""
    document_threads: Annotated[int, Field(ge=1, le=64)] = 2
    """Threads of the local embedding model in one process."""
    simulator_pace_ms: Annotated[float, Field(ge=0, le=1000)] = 12.0
    """Pause between the Simulator's tokens."""

    @field_validator(
        "egress_allow",
        "trusted_proxies",
        "previous_master_keys",
        "ocr_languages",
        "research_allow",
        "model_origins",
        mode="before",
    )
    @classmethod
    def _split(cls, value: object) -> object:
        if isinstance(value, str):
            return tuple(part.strip() for part in value.split(",") if part.strip())
        return value

    @field_validator("egress_allow", "research_allow")
    @classmethod
    def _are_hosts(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        read_hosts(value)
        return value

    @field_validator("trusted_proxies")
    @classmethod
    def _are_networks(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        for each in value:
            ip_network(each, strict=False)
        return value

    @field_validator("model_origins")
    @classmethod
    def _are_origins(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        for each in value:
            if each != "*" and not _ORIGIN.fullmatch(each):
                msg = f"{each!r} is no origin: a scheme and a host, with its port, and nothing else"
                raise ValueError(msg)
        return value

    @field_validator("database_url", "database_owner_url")
    @classmethod
    def _is_postgres(cls, value: SecretStr | None) -> SecretStr | None:
        if value is not None and not value.get_secret_value().startswith(
            ("postgresql://", "postgres://")
        ):
            msg = "must begin with postgresql://"
            raise ValueError(msg)
        return value

    @field_validator("redis_url")
    @classmethod
    def _is_redis(cls, value: SecretStr | None) -> SecretStr | None:
        if value is not None and not value.get_secret_value().startswith(
            ("redis://", "rediss://", "unix://")
        ):
            msg = "must begin with redis://, rediss:// or unix://"
            raise ValueError(msg)
        return value

    @field_validator("search_url")
    @classmethod
    def _is_searxng(cls, value: SecretStr | None) -> SecretStr | None:
        if value is not None and not value.get_secret_value().startswith(
            ("searxng+http://", "searxng+https://")
        ):
            msg = "must begin with searxng+http:// or searxng+https://"
            raise ValueError(msg)
        return value

    @field_validator("perplexity_url", "brave_url", "tavily_url", "n8n_url", "n8n_callback_url")
    @classmethod
    def _is_web(cls, value: str | None) -> str | None:
        if value is not None and not value.startswith(("http://", "https://")):
            msg = "must begin with http:// or https://"
            raise ValueError(msg)
        return value

    @field_validator("perplexity_key", "brave_key", "tavily_key", "n8n_api_key")
    @classmethod
    def _is_key(cls, value: SecretStr | None) -> SecretStr | None:
        """Nothing that a header can't carry: a line break at the end of a pasted key."""
        key = value.get_secret_value() if value is not None else "key"
        if not key.strip() or not key.isascii() or not key.isprintable():
            msg = "must be printable ASCII"
            raise ValueError(msg)
        return value

    @model_validator(mode="after")
    def _one_master_key(self) -> Self:
        if self.master_key is not None and self.master_key_file is not None:
            msg = "set VECTAL_MASTER_KEY or VECTAL_MASTER_KEY_FILE, not both"
            raise ValueError(msg)
        return self

    @field_validator("mail_from")
    @classmethod
    def _is_mail_address(cls, value: str | None) -> str | None:
        if value is None:
            return None
        name, address = parseaddr(value)
        try:
            Address(name, addr_spec=address)
        except (ValueError, IndexError, HeaderParseError) as error:
            msg = "must be an address, or a name and an address in < >"
            raise ValueError(msg) from error
        if not address.partition("@")[2] or not value.isprintable():
            msg = "must be an address, or a name and an address in < >"
            raise ValueError(msg)
        return value

    @model_validator(mode="after")
    def _mail_is_whole(self) -> Self:
        """Half a set-up would lose mails in silence."""
        has_password = self.smtp_password is not None or self.smtp_password_file is not None
        if self.smtp_host is None:
            msg = "VECTAL_MAIL_FROM and VECTAL_SMTP_USER need VECTAL_SMTP_HOST"
            if self.mail_from is not None or self.smtp_user is not None or has_password:
                raise ValueError(msg)
            return self
        if self.mail_from is None or self.public_url is None:
            msg = "VECTAL_SMTP_HOST needs VECTAL_MAIL_FROM and VECTAL_PUBLIC_URL"
            raise ValueError(msg)
        if self.smtp_password is not None and self.smtp_password_file is not None:
            msg = "set VECTAL_SMTP_PASSWORD or VECTAL_SMTP_PASSWORD_FILE, not both"
            raise ValueError(msg)
        if (self.smtp_user is None) == has_password:
            msg = "VECTAL_SMTP_USER and its password belong together"
            raise ValueError(msg)
        if has_password and self.smtp_tls == "none":
            msg = "VECTAL_SMTP_TLS=none would send the password for everybody to read"
            raise ValueError(msg)
        return self

    def read_smtp_password(self) -> str | None:
        """From the setting or its file. Raises OSError where that can't be read."""
        if self.smtp_password_file is not None:
            return self.smtp_password_file.read_text("utf-8").strip()
        return None if self.smtp_password is None else self.smtp_password.get_secret_value()

    @property
    def origin(self) -> str:
        """Scheme, host and port that a browser's Origin header must name."""
        return (self.public_url or f"http://{self.host}:{self.port}").rstrip("/")

    @property
    def secure_cookies(self) -> bool:
        return self.origin.startswith("https://")

    @property
    def simulator_pace_s(self) -> float:
        return self.simulator_pace_ms / 1000

    @property
    def owner_url(self) -> SecretStr | None:
        return self.database_owner_url or self.database_url

    def redacted(self) -> dict[str, str]:
        """Every setting as text, secrets masked."""
        return {
            f"VECTAL_{name.upper()}": str(getattr(self, name))
            for name in sorted(type(self).model_fields)
        }
