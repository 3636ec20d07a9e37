namespace DirectorySync.Local.Okta;

/// <summary>One step of an identity provider's, as its <c>.http</c> file tells it: what it sends, in order, and what it expects.</summary>
internal sealed record HttpFixture(string Name, string About, IReadOnlyList<HttpFixtureRequest> Requests);

/// <summary>One request of a step. Texts may hold <c>{{variables}}</c>.</summary>
internal sealed record HttpFixtureRequest
{
    /// <summary>The line of the file where it begins, for messages.</summary>
    public required int Line { get; init; }

    /// <summary>What it is for, from the <c>###</c> line.</summary>
    public required string Title { get; init; }

    public required string Method { get; init; }

    public required string Url { get; init; }

    public IReadOnlyList<(string Name, string Value)> Headers { get; init; } = [];

    public string? Body { get; init; }

    /// <summary>Any of these is right.</summary>
    public IReadOnlyList<int> Statuses { get; init; } = [];

    public IReadOnlyList<BodyExpectation> BodyExpectations { get; init; } = [];

    /// <summary>A header's value must begin so.</summary>
    public IReadOnlyList<(string Name, string Start)> HeaderExpectations { get; init; } = [];

    /// <summary>The answer must be there within this time.</summary>
    public TimeSpan? Within { get; init; }

    /// <summary>Variables taken from the answer, for the requests that follow.</summary>
    public IReadOnlyList<(string Variable, JsonPath Path)> Captures { get; init; } = [];

    /// <summary>Changes to the body before it is sent: Okta sends back what it read, with only the changed attributes overwritten.</summary>
    public IReadOnlyList<(JsonPath Path, string Value)> Changes { get; init; } = [];

    /// <summary>How often it is sent, with <c>{{n}}</c> counting from 1.</summary>
    public int Repeat { get; init; } = 1;
}

/// <summary>What must hold for a place in the answer's body.</summary>
internal sealed record BodyExpectation(JsonPath Path, BodyOperator Operator, string Value);

/// <summary>How a place in the body is compared.</summary>
internal enum BodyOperator
{
    /// <summary>The JSON value.</summary>
    Equal,

    /// <summary>Any other value, or none.</summary>
    NotEqual,

    /// <summary>One of the values found, or one of the array's elements.</summary>
    Contains,

    /// <summary>None of the values found, nor of the array's elements.</summary>
    Lacks,

    /// <summary>The number of values found, or of the array's elements.</summary>
    Length,

    /// <summary>Of a kind: string, number, boolean, array, object, not-empty.</summary>
    Is,

    /// <summary>Nothing there, or null.</summary>
    Absent,
}
