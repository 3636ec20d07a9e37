using System.Diagnostics;
using DirectorySync.Kit;

namespace DirectorySync.Gateway.Tests.Running;

/// <summary>Who tries tokens is slowed, and nobody else.</summary>
[Collection(InterruptedGateway.Name)]
public sealed class GuessingTests(InterruptedGateway gateway)
{
    [Fact]
    public async Task Wrong_tokens_are_slowed_and_a_valid_one_is_not()
    {
        var directory = await gateway.Stack.CreateDirectoryAsync();
        using var scim = new Api(directory.ScimBaseUrl, directory.Token);
        var started = Stopwatch.GetTimestamp();
        List<Task<ApiAnswer>> guesses;
        using (var wrong = new Api(directory.ScimBaseUrl, "wrong"))
        {
            guesses = [.. Enumerable.Range(0, 45).Select(_ => wrong.GetAsync("/Users"))];
            Assert.Equal(200, (await scim.GetAsync("/Users")).Status);
            await Eventually.True(() => Answered(guesses).Contains(429));

            Assert.True(Stopwatch.GetElapsedTime(started) < TimeSpan.FromSeconds(5));
            Assert.Contains(guesses, guess => !guess.IsCompleted);
        }

        // The slowed ones have nobody to tell any more.
        await Task.WhenAll(guesses).ContinueWith(_ => { }, TaskScheduler.Default);
        Assert.All(Answered(guesses), status => Assert.True(status is 401 or 429));
    }

    private static IEnumerable<int> Answered(IEnumerable<Task<ApiAnswer>> guesses) =>
        guesses.Where(guess => guess.IsCompletedSuccessfully).Select(guess => guess.Result.Status);
}
