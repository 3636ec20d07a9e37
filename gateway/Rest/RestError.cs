using System.Text.Json;

namespace DirectorySync.Gateway.Rest;

/// <summary>An error as the REST API writes it.</summary>
/// <param name="Status">HTTP status.</param>
/// <param name="Code">Stable, for programs.</param>
/// <param name="Message">What is wrong and what to do, for people.</param>
/// <param name="Errors">The fields that are not acceptable, if it is about fields.</param>
/// <param name="RetryAfter">Seconds until the caller may come again.</param>
internal sealed record RestError(
    int Status, string Code, string Message, IReadOnlyList<FieldError>? Errors = null, int? RetryAfter = null)
{
    public void Write(Utf8JsonWriter json)
    {
        json.WriteStartObject();
        json.WriteString("message", Message);
        json.WriteString("code", Code);
        if (Errors is { Count: > 0 })
        {
            json.WriteStartArray("errors");
            foreach (var error in Errors)
            {
                json.WriteStartObject();
                json.WriteString("field", error.Field);
                json.WriteString("code", error.Code);
                json.WriteString("message", error.Message);
                json.WriteEndObject();
            }

            json.WriteEndArray();
        }

        json.WriteEndObject();
    }
}

/// <summary>What is wrong with one field of a body or one parameter of a query.</summary>
internal sealed record FieldError(string Field, string Code, string Message);

/// <summary>Ends a REST request with an error.</summary>
internal sealed class RestFailure(RestError error) : Exception(error.Message)
{
    public RestFailure(int status, string code, string message, int? retryAfter = null)
        : this(new RestError(status, code, message, RetryAfter: retryAfter))
    {
    }

    public RestError Error => error;
}
