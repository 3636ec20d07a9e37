namespace DirectorySync.Gateway.Rest;

/// <summary>Ends a REST request with an error: a code for programs, a message for people, and the fields at fault.</summary>
internal sealed class RestFailure(int status, string code, string message, params FieldError[] errors) : Exception(message)
{
    public int Status => status;

    public string Code => code;

    public IReadOnlyList<FieldError> Errors => errors;

    public int? RetryAfter { get; init; }

    /// <summary>What another organization's key sees, and what was never there.</summary>
    public static RestFailure NotFound(string what, string id) => new(404, "entity_not_found", $"{what} not found: '{id}'.");

    public static RestFailure Invalid(params FieldError[] errors) =>
        new(422, "invalid_request_parameters", string.Join(' ', errors.Select(error => error.Message)), errors);
}

/// <summary>A field that cannot be accepted.</summary>
internal sealed record FieldError(string Field, string Code, string Message);
