using System.Globalization;

namespace DirectorySync.Gateway.Tests.Rest;

[Collection(RunningGateway.Name)]
public sealed class RestAwayTests(RunningGateway gateway)
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
        }
    }

    [Fact]
    public async Task While_attributes_are_not_mapped_the_other_problems_are_listed()
    {
        var directory = await gateway.CreateDirectoryAsync(await gateway.CreateOrganizationAsync());
        await gateway.Stack.StopAsync("attribute-mapping");
        try
        {
            var problems = (await gateway.GetAsync($"/directories/{directory}/problems")).Expect(200).Data;
            Assert.Contains("ATTRIBUTE_PROBLEMS_UNKNOWN", problems.Select(problem => problem.GetProperty("code").GetString()));
        }
        finally
        {
            await gateway.Stack.StartAgainAsync("attribute-mapping");
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
        }

        (await gateway.GetAsync("/organizations")).Expect(200);
    }
}
