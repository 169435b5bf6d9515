package httpd

import (
	"context"

	"go.opentelemetry.io/otel/exporters/otlp/otlptrace/otlptracehttp"
	"go.opentelemetry.io/otel/sdk/resource"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/trace"

	"github.com/headwater-mcp/headwater/fault"
)

// Traces sends spans to the collector that OpenTelemetry's own variables name (OTEL_EXPORTER_OTLP_ENDPOINT and its like), which
// also say how many are kept. The function that comes back sends what is left. Its error is a fault.
func Traces(ctx context.Context) (trace.Tracer, func(context.Context) error, error) {
	exporter, err := otlptracehttp.New(ctx)
	if err != nil {
		return nil, nil, fault.Wrap(err, fault.Invalid, "Traces cannot be sent: the OTEL_EXPORTER_OTLP_ variables cannot be used.")
	}
	named, err := resource.New(ctx, resource.WithFromEnv(), resource.WithTelemetrySDK())
	if err != nil {
		return nil, nil, fault.Wrap(err, fault.Invalid, "Traces cannot be sent: OTEL_RESOURCE_ATTRIBUTES cannot be used.")
	}
	provider := sdktrace.NewTracerProvider(sdktrace.WithBatcher(exporter), sdktrace.WithResource(named))
	return provider.Tracer("github.com/headwater-mcp/headwater/internal/httpd"), provider.Shutdown, nil
}
