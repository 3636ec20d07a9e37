using System.Diagnostics.Metrics;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Npgsql;
using OpenTelemetry;
using OpenTelemetry.Metrics;
using OpenTelemetry.Resources;
using OpenTelemetry.Trace;

namespace DirectorySync.Chassis.Hosting;

/// <summary>Traces, metrics and logs of one process. Exported by OTLP where OTEL_EXPORTER_OTLP_ENDPOINT says so.</summary>
public static class Telemetry
{
    /// <summary>Prefix of this system's own activity sources and meters.</summary>
    public const string Prefix = "DirectorySync.";

    /// <summary>Instruments of the chassis.</summary>
    internal static readonly Meter Meter = new(Prefix + "Chassis");

    /// <summary>Buckets of durations, from a cached read to a request that was tried again until it gave up.</summary>
    public static InstrumentAdvice<double> Seconds { get; } = new()
    {
        HistogramBucketBoundaries = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60],
    };

    /// <summary>Adds logs as one JSON object a line, traces (1 % of the roots unless OTEL_TRACES_SAMPLER says otherwise) and metrics.</summary>
    public static WebApplicationBuilder AddTelemetry(this WebApplicationBuilder builder, string service)
    {
        builder.Logging.ClearProviders();
        builder.Logging.Configure(logging =>
            logging.ActivityTrackingOptions = ActivityTrackingOptions.TraceId | ActivityTrackingOptions.SpanId);
        builder.Logging.AddJsonConsole(console =>
        {
            console.IncludeScopes = true;
            console.UseUtcTimestamp = true;
            console.TimestampFormat = "yyyy-MM-ddTHH:mm:ss.fffZ";
        });
        builder.Logging.AddFilter("Microsoft.AspNetCore", LogLevel.Warning);
        builder.Logging.AddFilter("Grpc", LogLevel.Warning);
        builder.Logging.AddFilter("Npgsql", LogLevel.Warning);
        builder.Logging.AddFilter("System.Net.Http", LogLevel.Warning);
        // The failed checks themselves are worth a line; that the publisher ran is not.
        builder.Logging.AddFilter("Microsoft.Extensions.Diagnostics.HealthChecks", LogLevel.Error);

        builder.Services.AddSingleton<BoundedLabels>();
        var directories = builder.Configuration.GetValue("Telemetry:Directories", BoundedLabels.Usual);
        var telemetry = builder.Services.AddOpenTelemetry()
            .ConfigureResource(resource => resource.AddService(service))
            .WithTracing(tracing =>
            {
                tracing.AddSource(Prefix + "*").AddAspNetCoreInstrumentation().AddHttpClientInstrumentation().AddNpgsql();
                if (builder.Configuration["OTEL_TRACES_SAMPLER"] is null)
                {
                    tracing.SetSampler(new ParentBasedSampler(new TraceIdRatioBasedSampler(0.01)));
                }
            })
            .WithMetrics(metrics => metrics
                .AddMeter(Prefix + "*", "Npgsql", "Microsoft.AspNetCore.Hosting", "Microsoft.AspNetCore.Server.Kestrel")
                // Some outcomes for each directory that is named; without this the exporter would count what is beyond 2,000 together.
                .AddView("directorysync.*.requests", new MetricStreamConfiguration { CardinalityLimit = Math.Max(2000, directories * 8) })
                .AddRuntimeInstrumentation());
        if (builder.Configuration["OTEL_EXPORTER_OTLP_ENDPOINT"] is not null)
        {
            telemetry.UseOtlpExporter();
        }

        return builder;
    }
}
