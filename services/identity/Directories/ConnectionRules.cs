namespace DirectorySync.Identity.Directories;

/// <summary>What was seen of an identity provider, in short.</summary>
internal static class ConnectionRules
{
    /// <param name="firstContact">First request with a valid token.</param>
    /// <param name="lastContact">Last request with a valid token.</param>
    /// <param name="lastFailure">Last request with a wrong one.</param>
    /// <param name="usersArrived">True once a user was created.</param>
    public static DirectoryConnection Observed(
        DateTimeOffset? firstContact, DateTimeOffset? lastContact, DateTimeOffset? lastFailure, bool usersArrived) => new()
        {
            State = lastFailure is { } failure && !(lastContact >= failure) ? ConnectionState.FailingCredentials
                : usersArrived ? ConnectionState.Connected
                : firstContact is null ? ConnectionState.NeverContacted
                : ConnectionState.Tested,
            FirstContactTime = firstContact?.ToTimestamp(),
            LastContactTime = lastContact?.ToTimestamp(),
            LastFailureTime = lastFailure?.ToTimestamp(),
        };
}
