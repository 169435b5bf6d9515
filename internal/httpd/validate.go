package httpd

import (
	"net"
	"net/netip"
	"net/url"
	"strings"

	"github.com/headwater-mcp/headwater/fault"
)

// validate refuses options that would serve everybody or nobody, and returns the URL under which clients know the endpoint.
func validate(o *Options) (*url.URL, error) {
	host, port, err := net.SplitHostPort(o.Listen)
	if err != nil {
		return nil, fault.Wrap(err, fault.Invalid, "--listen is host:port, like 127.0.0.1:8642; given %q.", o.Listen)
	}
	if err := validateIssuer(o); err != nil {
		return nil, err
	}
	if !loopback(host) && o.Tokens == "" && o.Issuer == "" {
		return nil, fault.New(fault.Invalid, "%s can be reached from other machines, and nobody would be asked who they are. "+
			"Give --tokens FILE or --oidc-issuer URL, or listen on 127.0.0.1:%s.", o.Listen, port)
	}
	if !loopback(host) && o.PublicURL == "" && len(o.Hosts) == 0 {
		return nil, fault.New(fault.Invalid, "%s can be reached under names that nobody has given: say --public-url, or --allow-host for each name.", o.Listen)
	}
	for _, origin := range o.Origins {
		if u, err := url.Parse(origin); err != nil || u.Host == "" || u.Scheme+"://"+u.Host != origin {
			return nil, fault.New(fault.Invalid, "--allow-origin is a scheme and a host, like https://app.example.com; given %q.", origin)
		}
	}
	return publicURL(o, host, port)
}

func validateIssuer(o *Options) error {
	if (o.Issuer == "") != (o.Audience == "") {
		return fault.New(fault.Invalid, "OIDC needs both --oidc-issuer and --oidc-audience: "+
			"tokens that were made for somebody else's service must not open this one.")
	}
	if o.Issuer == "" {
		return nil
	}
	issuer, err := url.Parse(o.Issuer)
	if err == nil && issuer.Host != "" && (issuer.Scheme == "https" || issuer.Scheme == "http" && loopback(issuer.Hostname())) {
		return nil
	}
	return fault.New(fault.Invalid, "--oidc-issuer is an https URL; given %q.", o.Issuer)
}

// publicURL is the endpoint as clients know it.
func publicURL(o *Options, host, port string) (*url.URL, error) {
	if o.PublicURL == "" {
		name := host
		if name == "" || !loopback(name) {
			name = append(o.Hosts, name)[0]
		}
		return &url.URL{Scheme: "http", Host: net.JoinHostPort(name, port), Path: Endpoint}, nil
	}
	public, err := url.Parse(o.PublicURL)
	if err != nil || public.Host == "" || (public.Scheme != "https" && public.Scheme != "http") {
		return nil, fault.New(fault.Invalid, "--public-url is like https://headwater.example.com/mcp; given %q.", o.PublicURL)
	}
	return public, nil
}

// loopback reports whether a host is this machine, to this machine only.
func loopback(host string) bool {
	if strings.EqualFold(host, "localhost") {
		return true
	}
	ip, err := netip.ParseAddr(strings.Trim(host, "[]"))
	return err == nil && ip.IsLoopback()
}
