using System.Globalization;
using System.Text.Json;

namespace DirectorySync.Gateway.Scim.Messages;

/// <summary>An error as RFC 7644 §3.12 writes it. The detail is what the identity provider's administrator reads.</summary>
/// <param name="Status">HTTP status.</param>
/// <param name="ScimType">One of RFC 7644 table 9 (or RFC 9865), or null.</param>
/// <param name="Detail">What is wrong, and what can be done about it.</param>
/// <param name="RetryAfter">Seconds until the client may come again; always whole seconds, the only form that Okta reads.</param>
internal sealed record ScimError(int Status, string? ScimType, string Detail, int? RetryAfter = null)
{
    public const string Schema = "urn:ietf:params:scim:api:messages:2.0:Error";

    public void Write(Utf8JsonWriter writer)
    {
        writer.WriteStartObject();
        writer.WriteStartArray("schemas");
        writer.WriteStringValue(Schema);
        writer.WriteEndArray();
        if (ScimType is not null)
        {
            writer.WriteString("scimType", ScimType);
        }

        writer.WriteString("detail", Detail);
        writer.WriteString("status", Status.ToString(CultureInfo.InvariantCulture));
        writer.WriteEndObject();
    }
}

/// <summary>Ends a SCIM request with an error.</summary>
internal sealed class ScimFailure(ScimError error) : Exception(error.Detail)
{
    public ScimFailure(int status, string? scimType, string detail)
        : this(new ScimError(status, scimType, detail))
    {
    }

    public ScimError Error => error;
}
