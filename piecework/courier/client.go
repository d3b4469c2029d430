package courier

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"slices"
	"strings"
	"syscall"
	"time"

	"jijian/piecework"
)

// patience is how long one message may take.
const patience = 15 * time.Second

// Allow lists hosts, as host or host:port, that may be sent to although they are private or without https: a group robot in one's own
// house, or the push service of a test.
type Allow []string

// holds says whether the host of an address, with or without its port, is listed.
func (a Allow) holds(hostport string) bool {
	host, _, err := net.SplitHostPort(hostport)
	if err != nil {
		host = hostport
	}
	return slices.Contains(a, hostport) || slices.Contains(a, host)
}

// Check says what keeps messages from being sent to an address, or nil: it must be https, on the usual port, and of a public host.
// That a name leads to a public address is checked when a message is sent.
func (a Allow) Check(address string) *piecework.Message {
	u, err := url.Parse(address)
	switch {
	case err != nil || u.Host == "" || u.User != nil || u.Scheme != "https" && u.Scheme != "http":
		return piecework.Msg("is not an address such as https://example.com/robot")
	case a.holds(u.Host):
		return nil
	case u.Scheme != "https" || u.Port() != "" && u.Port() != "443":
		return piecework.Msg("must begin with https:// and name no port")
	}
	name := strings.TrimSuffix(strings.ToLower(u.Hostname()), ".")
	if ip, err := netip.ParseAddr(u.Hostname()); err == nil && !public(ip) || name == "localhost" || strings.HasSuffix(name, ".localhost") || !strings.ContainsAny(name, ".:") {
		return piecework.Msg("is in a private network; the operator can allow its host with --notify-allow")
	}
	return nil
}

// notPublic are the networks besides those netip knows by name that no public host is in, and those that hide another address.
var notPublic = []netip.Prefix{
	netip.MustParsePrefix("0.0.0.0/8"), netip.MustParsePrefix("100.64.0.0/10"), netip.MustParsePrefix("192.0.0.0/24"), netip.MustParsePrefix("192.0.2.0/24"),
	netip.MustParsePrefix("198.18.0.0/15"), netip.MustParsePrefix("198.51.100.0/24"), netip.MustParsePrefix("203.0.113.0/24"), netip.MustParsePrefix("240.0.0.0/4"),
	netip.MustParsePrefix("64:ff9b::/96"), netip.MustParsePrefix("64:ff9b:1::/48"), netip.MustParsePrefix("100::/64"), netip.MustParsePrefix("2001::/23"),
	netip.MustParsePrefix("2001:db8::/32"), netip.MustParsePrefix("2002::/16"), netip.MustParsePrefix("::/96"),
}

// public says whether an address is one of the public internet.
func public(ip netip.Addr) bool {
	ip = ip.Unmap()
	return ip.IsGlobalUnicast() && !ip.IsPrivate() && ip.Zone() == "" && !slices.ContainsFunc(notPublic, func(p netip.Prefix) bool { return p.Contains(ip) })
}

var errPrivate = errors.New("the address is in a private network")

// client sends to public addresses and to those that are allowed, follows no redirect and asks no proxy. It looks at the address it
// really connects to, so that a name cannot lead elsewhere than it did when it was checked.
func (a Allow) client() *http.Client {
	free := net.Dialer{Timeout: patience}
	guarded := net.Dialer{Timeout: patience, Control: func(_, address string, _ syscall.RawConn) error {
		at, err := netip.ParseAddrPort(address)
		if err != nil || !public(at.Addr()) || at.Port() != 443 {
			return errPrivate
		}
		return nil
	}}
	dial := func(ctx context.Context, network, address string) (net.Conn, error) {
		if a.holds(address) {
			return free.DialContext(ctx, network, address)
		}
		return guarded.DialContext(ctx, network, address)
	}
	return &http.Client{Timeout: patience, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		Transport: &http.Transport{DialContext: dial, TLSHandshakeTimeout: patience, ResponseHeaderTimeout: patience, MaxIdleConns: 4, IdleConnTimeout: 30 * time.Second}}
}

// refused is an answer that says that a message was not taken.
func refused(format string, args ...any) error {
	return &piecework.Problem{Kind: piecework.ErrConflict, Message: piecework.Message{Format: format, Args: args}}
}

// explain is an error of sending in few words for whoever looks after the robots, without the address, which for a robot is its password.
func explain(err error) *piecework.Message {
	var u *url.Error
	if errors.As(err, &u) {
		err = u.Err
	}
	var problem *piecework.Problem
	var unknown *net.DNSError
	var certificate *tls.CertificateVerificationError
	switch {
	case errors.As(err, &problem):
		return &problem.Message
	case errors.Is(err, errPrivate):
		return piecework.Msg("the address is in a private network")
	case errors.Is(err, context.DeadlineExceeded):
		return piecework.Msg("no answer in time")
	case errors.As(err, &unknown):
		return piecework.Msg("nobody knows the host of that name")
	case errors.Is(err, syscall.ECONNREFUSED):
		return piecework.Msg("nobody answers at that address")
	case errors.As(err, &certificate):
		return piecework.Msg("its certificate is not to be trusted")
	}
	return piecework.Msg("the connection failed: %s", fmt.Sprintf("%.200s", err))
}
