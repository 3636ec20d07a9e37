using System.Text.RegularExpressions;
using DirectorySync.Local;

namespace DirectorySync.DeployK8s.Tests;

/// <summary>Rules speak of metrics that there are, and of labels that they have.</summary>
public sealed partial class MonitoringTests
{
    // Npgsql's (OpenTelemetry's names for clients of databases).
    private static readonly string[] OfNpgsql = ["db_client_connection_count", "db_client_connection_max"];

    [Fact]
    public void Every_rule_speaks_of_metrics_that_processes_export()
    {
        var exported = new[] { "services", "gateway" }
            .SelectMany(folder => System.IO.Directory.EnumerateFiles(Path.Combine(Repository.Root, folder), "*.cs", SearchOption.AllDirectories))
            .Where(file => !file.Contains("/obj/", StringComparison.Ordinal)).Select(File.ReadAllText)
            .SelectMany(source => Instrument().Matches(source))
            .SelectMany(match => NamesOf(match.Groups[1].Value, match.Groups[2].Value, match.Groups[3].Value))
            .Concat(OfNpgsql).ToHashSet();
        var rules = Overlay.Of("production").OfKind("PrometheusRule").SelectMany(one => one["spec"]!["groups"]!.AsArray())
            .SelectMany(group => group!["rules"]!.AsArray()).Select(rule => (string)rule!["expr"]!).ToList();

        Assert.True(rules.Count >= 10);
        var spoken = rules.SelectMany(rule => Metric().Matches(rule).Select(match => match.Value)).ToList();
        Assert.NotEmpty(spoken);
        Assert.Empty(spoken.Except(exported));
    }

    [Fact]
    public void Every_alert_says_what_is_wrong_and_what_to_do()
    {
        var alerts = Overlay.Of("production").OfKind("PrometheusRule").SelectMany(one => one["spec"]!["groups"]!.AsArray())
            .SelectMany(group => group!["rules"]!.AsArray()).Where(rule => rule!["alert"] is not null).ToList();

        Assert.Equal(alerts.Count, alerts.Select(alert => (string)alert!["alert"]!).Distinct().Count());
        Assert.All(alerts, alert =>
        {
            Assert.NotEmpty((string)alert!["annotations"]!["summary"]!);
            Assert.NotEmpty((string)alert["annotations"]!["remedy"]!);
            Assert.Contains((string)alert["labels"]!["severity"]!, new[] { "warning", "critical" });
        });
    }

    // As the collector's exporter for Prometheus writes them: a unit of seconds is spelled out, one in braces is left out.
    private static IEnumerable<string> NamesOf(string kind, string name, string unit)
    {
        var plain = name.Replace('.', '_') + (unit == "s" ? "_seconds" : "");
        return kind switch
        {
            "Counter" => [plain + "_total"],
            "Histogram" => [plain + "_bucket", plain + "_sum", plain + "_count"],
            _ => [plain],
        };
    }

    [GeneratedRegex(@"Create(Counter|Histogram|Gauge)(?:<\w+>)?\(\s*""([a-z_.]+)"",\s*""([^""]+)""")]
    private static partial Regex Instrument();

    [GeneratedRegex(@"\b(?:directorysync|db_client)_[a-z_]+\b")]
    private static partial Regex Metric();
}
