using DirectorySync.Local;

namespace DirectorySync.DeployK8s.Tests.Containers;

/// <summary>Says of each thing that a run looks at whether it holds; the last line printed is the sum.</summary>
internal sealed class Checks
{
    private int passed;
    private int failed;

    public void That(string what, bool holds)
    {
        (passed, failed) = holds ? (passed + 1, failed) : (passed, failed + 1);
        Console.WriteLine($"{(holds ? "ok:    " : "FAILED:")} {what}");
    }

    /// <summary>Whether nothing failed. What the containers printed is kept of a run that did not come to its end.</summary>
    public async Task<bool> RunAsync(Func<Task> steps)
    {
        try
        {
            await steps();
        }
        catch (Exception e) when (e is CannotRunException or TimeoutException or InvalidOperationException or HttpRequestException)
        {
            That(e.Message, false);
        }

        if (failed > 0)
        {
            await TrySystem.KeepLogsAsync();
        }

        Console.WriteLine($"{passed} passed, {failed} failed");
        return failed == 0;
    }
}
