using System.Globalization;

namespace DirectorySync.Gateway.Tests.Rest;

[Collection(InterruptedGateway.Name)]
public sealed class RestAwayTests(InterruptedGateway gateway)
{
    [Fact]
    public async Task While_groups_cannot_be_counted_directories_are_answered_without_counts()
    {
        var directory = await gateway.CreateDirectoryAsync(await gateway.CreateOrganizationAsync());
        await gateway.Stack.StopAsync("group-membership");
        try
        {
            var answer = (await gateway.GetAsync($"/directories/{directory}")).Expect(200);
            Assert.False(answer.Json.TryGetProperty("metadata", out _));

            (await gateway.SendAsync("PATCH", $"/directories/{directory}", """{"delivery": "disabled"}""")).Expect(200);
            var problems = (await gateway.GetAsync($"/directories/{directory}/problems")).Expect(503, "unavailable");
            Assert.True(int.Parse(problems.Headers.GetValues("Retry-After").Single(), CultureInfo.InvariantCulture) > 0);
        }
        finally
        {
            await gateway.Stack.StartAgainAsync("group-membership");
            await gateway.BackAsync();
        }
    }

    [Fact]
    public async Task While_identity_is_away_the_answer_is_a_503_that_says_when_to_come_again()
    {
        await gateway.Stack.StopAsync("identity");
        try
        {
            var answer = (await gateway.GetAsync("/organizations")).Expect(503, "unavailable");
            Assert.True(int.Parse(answer.Headers.GetValues("Retry-After").Single(), CultureInfo.InvariantCulture) > 0);
        }
        finally
        {
            await gateway.Stack.StartAgainAsync("identity");
            await gateway.BackAsync();
        }

        (await gateway.GetAsync("/organizations")).Expect(200);
    }
}
