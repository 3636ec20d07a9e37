using DirectorySync.Gateway.Rest;
using DirectorySync.Identity.V1;
using Directory = DirectorySync.Identity.V1.Directory;

namespace DirectorySync.Gateway.Tests.Rest;

public sealed class DirectoryNamesTests
{
    [Theory]
    [InlineData(DirectoryState.Active, ConnectionState.NeverContacted, "unlinked")]
    [InlineData(DirectoryState.Active, ConnectionState.Tested, "validating")]
    [InlineData(DirectoryState.Active, ConnectionState.Connected, "linked")]
    [InlineData(DirectoryState.Preview, ConnectionState.Connected, "linked")]
    [InlineData(DirectoryState.Paused, ConnectionState.Connected, "linked")]
    [InlineData(DirectoryState.Active, ConnectionState.FailingCredentials, "invalid_credentials")]
    [InlineData(DirectoryState.Deleting, ConnectionState.Connected, "deleting")]
    public void The_contracts_state_is_that_of_the_connection(DirectoryState state, ConnectionState connection, string expected) =>
        Assert.Equal(expected, DirectoryNames.StateOf(new Directory { State = state, Connection = new() { State = connection } }));

    [Fact]
    public void People_without_groups_are_a_problem_with_oktas_own_remedy()
    {
        var directory = new Directory { Provider = Provider.Okta, UserCounts = new() { Active = 3 } };

        Assert.Contains("Push Groups", ProblemEndpoints.FindMissingGroups(directory, 0)!.Remedy, StringComparison.Ordinal);
        Assert.Null(ProblemEndpoints.FindMissingGroups(directory, 1));
        Assert.Null(ProblemEndpoints.FindMissingGroups(new Directory(), 0));
    }
}
