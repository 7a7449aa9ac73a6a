"""Whose an address is: the same question for who may reach the server and for who is looking at a page."""

from ipaddress import IPv6Address, ip_address


def is_loopback(address: str) -> bool:
    """Whether an address is this machine's own; a server on all interfaces sees IPv4 written as IPv6."""
    if address == "localhost":
        return True
    try:
        parsed = ip_address(address)
    except ValueError:
        return False
    mapped = parsed.ipv4_mapped if isinstance(parsed, IPv6Address) else None
    return (mapped or parsed).is_loopback
