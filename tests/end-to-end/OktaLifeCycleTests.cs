using DirectorySync.Local;
using DirectorySync.Local.Okta;

namespace DirectorySync.EndToEnd.Tests;

/// <summary>Okta's requests in Okta's order, from readable fixtures, against real processes.</summary>
[Collection(SharedSystem.Name)]
public sealed class OktaLifeCycleTests(SharedSystem system)
{
    [Theory]
    [InlineData("patch")]
    [InlineData("put")]
    [InlineData("spec")]
    public async Task Every_step_of_Okta_is_answered_as_Okta_expects(string dialect)
    {
        var directory = await system.CreateDirectoryAsync();
        using var okta = new OktaPlayer(directory.Scim().BaseUrl, directory.Token);
        var steps = OktaPlayer.Load(Path.Combine(Repository.Root, "tests", "end-to-end", "okta"), dialect);

        var failures = new List<string>();
        foreach (var step in steps)
        {
            await foreach (var request in okta.PlayAsync(step))
            {
                failures.AddRange(request.Failures.Select(failure => $"{step.Name}, {request.Title} ({request.Method} {request.Path}): {failure}"));
            }
        }

        Assert.True(steps.Count > 0 && failures.Count == 0, string.Join('\n', failures));
    }
}
