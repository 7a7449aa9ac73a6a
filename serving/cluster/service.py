"""Starts and ends what a cluster serves. For whoever runs it; those who use it need `store` alone."""

from typing import Any

from models.errors import ClusterUnreachable
from serving.api import PLACE
from serving.cluster.direct import APPLICATION
from serving.cluster.engine import connect, ray_serve


def begin(address: str, host: str, port: int, **options: Any) -> None:
    """Serve Aula's models in the cluster at `address`, and its API over HTTP; “local” starts a cluster first.

    The API is on the head's machine. Models begin when they are asked for. `options`: see `deployment.application`.

    Raises:
        InvalidInput: Ray is not installed.
        ClusterUnreachable: there is no such cluster, it serves at another place, or it could not begin to serve.
    """
    connect(address)
    from ray.exceptions import RayError
    from ray.serve.exceptions import RayServeException

    from serving.cluster.deployment import application

    serve = ray_serve()
    try:
        serve.start(proxy_location="HeadOnly", http_options={"host": host, "port": port})
        _require_place(host, port)
        serve.run(application(options), name=APPLICATION, route_prefix=PLACE)
    except (RayServeException, RayError, RuntimeError, OSError) as error:
        first = str(error).strip().split("\n")[0]
        raise ClusterUnreachable(f"The cluster could not begin to serve: {first} Is port {port} free?") from error


def _require_place(host: str, port: int) -> None:
    """Raise ClusterUnreachable where Ray Serve listens elsewhere.

    A cluster has one Serve. If it runs, a start with another place changes nothing, and Serve tells only its log.
    """
    from ray.serve.context import _get_global_client

    client = _get_global_client()
    assert client is not None  # it has been started
    there = client.http_config
    if (there.host, there.port) != (host, port):
        raise ClusterUnreachable(
            f"The cluster serves at http://{there.host}:{there.port} already, and can do so at one place only. "
            "End that by `python aula.py cluster stop`, then start again."
        )


def end() -> None:
    """Serve nothing any more. Ray itself goes on where somebody else has started it."""
    ray_serve().shutdown()


def status() -> list[dict[str, Any]]:
    """Each deployment of Aula with its `state` and how many `processes` it has now. The cluster has been joined."""
    found = ray_serve().status().applications.get(APPLICATION)
    if found is None:
        return []
    return [
        {"deployment": name, "state": str(each.status.value).lower(), "processes": sum(each.replica_states.values())}
        for name, each in sorted(found.deployments.items())
    ]


def machines() -> list[dict[str, Any]]:
    """The machines of the cluster that are up: `address`, `cpus`, `gpus`, `memory_bytes`."""
    import ray

    return [
        {
            "address": node["NodeManagerAddress"],
            "cpus": node["Resources"].get("CPU", 0),
            "gpus": node["Resources"].get("GPU", 0),
            "memory_bytes": int(node["Resources"].get("memory", 0)),
        }
        for node in ray.nodes()
        if node["Alive"]
    ]
