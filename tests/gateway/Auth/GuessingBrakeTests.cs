using System.Net;
using DirectorySync.Gateway.Auth;
using Microsoft.Extensions.Options;

namespace DirectorySync.Gateway.Tests.Auth;

public sealed class GuessingBrakeTests
{
    [Fact]
    public async Task Wrong_credentials_from_everywhere_do_not_hold_the_places_of_everybody()
    {
        using var brake = new GuessingBrake(Options.Create(new GatewayOptions { FailedCredentialsBurst = 1 }));
        using var end = new CancellationTokenSource();

        var answers = Enumerable.Range(0, 600)
            .Select(i => brake.WaitAsync("a", new IPAddress([10, 0, (byte)(i / 2 / 256), (byte)(i / 2)]), end.Token)).ToList();

        var waiting = answers.Where(answer => !answer.IsCompleted).ToList();
        Assert.InRange(waiting.Count, 1, 200);
        Assert.Contains(answers, answer => answer.IsCompletedSuccessfully && !answer.Result);
        await end.CancelAsync();
        await Task.WhenAll(waiting).ContinueWith(_ => { }, TaskScheduler.Default);
        Assert.True(await brake.WaitAsync("b", IPAddress.Loopback, CancellationToken.None));
    }
}
