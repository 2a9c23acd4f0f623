package httpapi

// clientPrefix is the length of the prefix that the IPv6 addresses of one client share: that of a subnet
// (RFC 4291, section 2.5.4).
const clientPrefix = 64

// clientName returns the name under which the limits of the library know a client: its address without the
// port, or the prefix of an IPv6 address. Clients behind a proxy that is not trusted are one client.
func clientName(address string) string {
	ip, ok := parseAddress(address)
	switch {
	case !ok:
		return address
	case ip.Is4():
		return ip.String()
	}
	prefix, _ := ip.Prefix(clientPrefix) // the length fits an IPv6 address
	return prefix.String()
}
