package httpd

import (
	"math"
	"net/http"
	"strconv"
	"sync"
	"time"

	"golang.org/x/time/rate"

	"github.com/headwater-mcp/headwater/wire"
)

// limiter bounds how often each user may ask.
type limiter struct {
	rate  rate.Limit
	burst int
	now   func() time.Time

	mu    sync.Mutex
	users map[string]*rate.Limiter
}

// maxLimiters is how many users are remembered; those who have not asked for a while are forgotten first.
const maxLimiters = 10_000

func newLimiter(perSecond float64, burst int, now func() time.Time) *limiter {
	return &limiter{rate: rate.Limit(perSecond), burst: burst, now: now, users: map[string]*rate.Limiter{}}
}

// wait is how long a user has to wait before the next request; 0 takes it.
func (l *limiter) wait(user string) time.Duration {
	l.mu.Lock()
	defer l.mu.Unlock()
	now := l.now()
	u := l.users[user]
	if u == nil {
		if len(l.users) >= maxLimiters {
			for name, other := range l.users {
				if other.TokensAt(now) >= float64(l.burst) { // as a new one would be
					delete(l.users, name)
				}
			}
		}
		u = rate.NewLimiter(l.rate, l.burst)
		l.users[user] = u
	}
	r := u.ReserveN(now, 1)
	if delay := r.DelayFrom(now); delay > 0 {
		r.CancelAt(now)
		return delay
	}
	return 0
}

// limited sends away who asks too often.
func (s *Server) limited(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		wait := s.limits.wait(wire.User(r.Context()))
		if wait == 0 {
			next.ServeHTTP(w, r)
			return
		}
		w.Header().Set("Retry-After", strconv.Itoa(int(math.Ceil(wait.Seconds()))))
		refuse(w, http.StatusTooManyRequests, "Too many requests: "+strconv.FormatFloat(s.o.Rate, 'g', -1, 64)+" a second are taken from one user. Wait a moment.")
	})
}
