namespace DirectorySync.Gateway.Portal.Checks;

/// <summary>What has been seen of a step.</summary>
/// <param name="State">In short.</param>
/// <param name="Headline">In a sentence: "Okta tested the connection".</param>
/// <param name="Detail">What more there is to know; empty: nothing.</param>
/// <param name="Remedy">What to do; empty: nothing.</param>
/// <param name="Time">When it was seen; null: it is no event.</param>
public sealed record Check(CheckState State, string Headline, string Detail = "", string Remedy = "", DateTimeOffset? Time = null);

/// <summary>Whether a step is done.</summary>
public enum CheckState
{
    /// <summary>Nothing was seen yet.</summary>
    Waiting,

    /// <summary>Seen.</summary>
    Done,

    /// <summary>Seen, and there is something to mend.</summary>
    Wrong,

    /// <summary>It cannot be said at the moment.</summary>
    Unknown,
}
