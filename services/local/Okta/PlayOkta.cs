using System.Globalization;

namespace DirectorySync.Local.Okta;

/// <summary>Plays Okta's life cycle against the system that <c>make run</c> started, each dialect in a directory of its own.</summary>
internal static class PlayOkta
{
    public static readonly string Fixtures = Path.Combine(Repository.Root, "tests", "end-to-end", "okta");

    private static readonly string[] Dialects = ["patch", "put", "spec"];

    /// <summary>Whether every request was answered as Okta expects.</summary>
    public static async Task<bool> RunAsync(string[] wanted, CancellationToken ct)
    {
        if (wanted.Except(Dialects).FirstOrDefault() is { } unknown)
        {
            throw new CannotRunException($"'{unknown}' is none of {string.Join(", ", Dialects)}.");
        }

        var demo = Demo.Find() ?? throw new CannotRunException($"{Repository.DemoFile} is not there: start the system first with 'make run'.");
        using var rest = new RestClient(demo.ApiUrl, demo.ApiKey);
        var (requests, failures) = (0, 0);
        foreach (var dialect in wanted.Length > 0 ? wanted : Dialects)
        {
            NewDirectory directory;
            try
            {
                directory = await rest.CreateDirectoryAsync("Okta's life cycle", $"Okta, {dialect}", ct: ct);
            }
            catch (HttpRequestException e)
            {
                throw new CannotRunException($"Nobody answers at {demo.ApiUrl} ({e.Message}): start the system first with 'make run'.", e);
            }

            Progress.Write($"\n== {dialect}: {directory.ScimBaseUrl}");
            var (sent, wrong) = await PlayAsync(dialect, directory, ct);
            requests += sent;
            failures += wrong;
            await rest.DeleteDirectoryAsync(directory.Id, ct);
        }

        Progress.Write($"\n{requests} requests played, {failures} answered otherwise than Okta expects");
        return failures == 0;
    }

    private static async Task<(int Requests, int Failures)> PlayAsync(string dialect, NewDirectory directory, CancellationToken ct)
    {
        using var player = new OktaPlayer(directory.ScimBaseUrl, directory.Token);
        var (requests, failures) = (0, 0);
        foreach (var fixture in OktaPlayer.Load(Fixtures, dialect))
        {
            Progress.Write($"\n{fixture.Name}  {fixture.About}");
            await foreach (var played in player.PlayAsync(fixture, ct))
            {
                requests++;
                Progress.Write(string.Create(CultureInfo.InvariantCulture,
                    $"  {played.Status} {played.Time.TotalMilliseconds,5:0} ms  {played.Method,-6} {Uri.UnescapeDataString(played.Path)}"));
                foreach (var failure in played.Failures)
                {
                    failures++;
                    Progress.Write($"      WRONG ({played.Title}): {failure}");
                }
            }
        }

        return (requests, failures);
    }
}
