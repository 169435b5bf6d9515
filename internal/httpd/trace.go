package httpd

import (
	"context"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/propagation"
	"go.opentelemetry.io/otel/trace"

	"github.com/headwater-mcp/headwater/wire"
)

// trace makes the span of a request, below the one that _meta names. It has no arguments and no answer in it.
func (s *Server) trace(ctx context.Context, method string, r wire.Request) (context.Context, func(failure string)) {
	if s.o.Tracer == nil {
		return ctx, func(string) {}
	}
	ctx = propagation.TraceContext{}.Extract(ctx, propagation.MapCarrier{"traceparent": r.TraceParent, "tracestate": r.TraceState})
	name := method
	if r.Tool != "" {
		name += " " + r.Tool
	}
	options := []trace.SpanStartOption{trace.WithSpanKind(trace.SpanKindServer), trace.WithAttributes(
		attribute.String("mcp.method.name", method), attribute.String("gen_ai.tool.name", r.Tool),
		attribute.String("enduser.id", wire.User(ctx)), attribute.String("headwater.request_id", of(ctx).id),
	)}
	ctx, span := s.o.Tracer.Start(ctx, name, options...) //nolint:spancheck // the function that comes back ends it
	return ctx, func(failure string) {                   //nolint:spancheck // as above
		if failure != "" {
			span.SetAttributes(attribute.String("error.type", failure))
			span.SetStatus(codes.Error, failure)
		}
		span.End()
	}
}
