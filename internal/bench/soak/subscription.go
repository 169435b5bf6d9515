package main

import (
	"context"
	"fmt"
	"net/http"
)

// subscription is a wish to be told of a document. told is closed when its stream ends.
type subscription struct {
	uri  string
	told chan struct{}
	end  func() error
}

// subscribe opens the stream on which updates come: in the older era that of the session, in the newer one of its own.
func (c *client) subscribe(ctx context.Context, uri string) (*subscription, error) {
	streaming, cancel := context.WithCancel(ctx)
	response, err := c.stream(streaming, uri) //nolint:bodyclose // whoever listens closes it
	if err != nil {
		cancel()
		return nil, err
	}
	if response.StatusCode != http.StatusOK {
		cancel()
		return nil, fmt.Errorf("the stream for %s: %w", uri, discard(response, http.StatusOK))
	}
	s := &subscription{uri: uri, told: make(chan struct{}, 1)}
	read := make(chan struct{})
	go func() {
		defer close(read)
		defer response.Body.Close() //nolint:errcheck // nobody reads on
		s.listen(response)
	}()
	s.end = func() error {
		cancel()
		<-read
		if c.modern {
			return nil
		}
		_, err := c.ask(ctx, "resources/unsubscribe", "", object{"uri": uri})
		return err
	}
	if c.modern {
		return s, nil
	}
	if _, err := c.ask(ctx, "resources/subscribe", "", object{"uri": uri}); err != nil {
		cancel()
		<-read
		return nil, err
	}
	return s, nil
}

// stream opens the stream that the era has for updates.
func (c *client) stream(ctx context.Context, uri string) (*http.Response, error) {
	if !c.modern {
		return c.send(ctx, http.MethodGet, "", "", nil)
	}
	return c.request(ctx, "subscriptions/listen", "", object{"notifications": object{"resourceSubscriptions": []string{uri}}})
}

// listen notes updates until the stream ends. Two that come before anybody looked are one.
func (s *subscription) listen(response *http.Response) {
	defer close(s.told)
	for m := range messages(response) {
		if m.err != nil {
			return // it was ended, by whomever: who waits finds out
		}
		if m.Method != "notifications/resources/updated" || m.Params.URI != s.uri {
			continue
		}
		select {
		case s.told <- struct{}{}:
		default:
		}
	}
}
