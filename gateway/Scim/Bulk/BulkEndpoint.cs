using DirectorySync.Gateway.Calls;
using DirectorySync.Gateway.Scim.Messages;
using DirectorySync.Scim;

namespace DirectorySync.Gateway.Scim.Bulk;

/// <summary>
/// /Bulk: RFC 7644 §3.7. It counts as one request of the directory's rate: its operations are done a few at once at most, so it weighs no
/// more than as many patient clients, and a first import of a thousand people is not turned away halfway.
/// </summary>
internal sealed class BulkEndpoint(BulkWrites writes, ServiceCalls calls, ScimErrors errors, ILogger<BulkRun> logger)
{
    public async Task PostAsync(HttpContext http)
    {
        using var body = ScimJson.ParseMessage(await ReadBodyAsync(http));
        var request = BulkRequest.Read(body.RootElement, ScimScope.Of(http).Schemas);
        var results = await new BulkRun(http, request, writes, calls, errors, logger).DoAsync();
        await ScimResponse.WriteAsync(
            http, StatusCodes.Status200OK, writer => BulkResult.WriteAll(writer, ScimScope.Of(http).BaseUrl, results));
    }

    private static async Task<ReadOnlyMemory<byte>> ReadBodyAsync(HttpContext http)
    {
        try
        {
            return await ScimBody.ReadAsync(http, BulkRequest.MaxPayloadSize);
        }
        catch (ScimFailure e) when (e.Error.Status == StatusCodes.Status413PayloadTooLarge)
        {
            throw new ScimFailure(413, null,
                $"The size of the bulk request exceeds maxPayloadSize ({BulkRequest.MaxPayloadSize}). Split it.");
        }
    }
}
