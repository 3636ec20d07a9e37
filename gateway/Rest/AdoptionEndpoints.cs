using System.Text.Json;
using DirectorySync.Events.V1;
using DirectorySync.Gateway.Calls;
using Microsoft.Extensions.Options;
using Microsoft.Net.Http.Headers;

namespace DirectorySync.Gateway.Rest;

/// <summary>/directories/{id}/adoption: the users that the application has already, and what the directory makes of them.</summary>
internal sealed class AdoptionEndpoints(
    AdoptionService.AdoptionServiceClient adoptions,
    AdoptionUpload upload,
    DirectoryAccess access,
    ServiceCalls calls,
    IOptions<GatewayOptions> options)
{
    private const int Usual = 100;
    private const int Most = 1_000;

    private static readonly (string Name, AdoptionKind Value)[] Kinds =
    [
        ("overwritten", AdoptionKind.Overwritten), ("matched", AdoptionKind.Matched), ("new", AdoptionKind.New), ("missing", AdoptionKind.Missing),
    ];

    /// <summary>Columns email and id, and what else there is: role, and attributes by name.</summary>
    public async Task UploadAsync(HttpContext http)
    {
        var directory = await access.GetAsync(http);
        if (!MediaTypeHeaderValue.TryParse(http.Request.ContentType, out var type) || !type.MatchesMediaType("text/csv") || http.Request.Headers.ContentEncoding.Count > 0)
        {
            throw new RestFailure(415, "unsupported_media_type", "Send the users as CSV, with the header 'Content-Type: text/csv'.");
        }

        if (http.Request.ContentLength > options.Value.GroupBodyLimit)
        {
            throw new RestFailure(RestErrors.TooLarge(options.Value.GroupBodyLimit));
        }

        await upload.SendAsync(http, directory.Id, http.Request.Body);
        await AnswerAsync(http, directory.Id);
    }

    public async Task GetAsync(HttpContext http)
    {
        RestQuery.Of(http).Check();
        await AnswerAsync(http, (await access.GetAsync(http)).Id);
    }

    public async Task ListAsync(HttpContext http)
    {
        var query = RestQuery.Of(http, "kind", "limit", "after");
        var request = new CompareAdoptionRequest
        {
            Kind = query.FindChoice("kind", Kinds), PageSize = query.Limit(Usual, Most), PageToken = query.FindText("after") ?? "",
        };
        query.Check();
        request.DirectoryId = (await access.GetAsync(http)).Id;
        var answer = await calls.SendAsync(http, call => adoptions.CompareAdoptionAsync(request, call).ResponseAsync, options.Value.GroupCallTimeout);
        await RestResponse.WriteListAsync(http, answer.Differences, Write, after: answer.NextPageToken);
    }

    public async Task DeleteAsync(HttpContext http)
    {
        var request = new DeleteAdoptionRequest { DirectoryId = (await access.GetAsync(http)).Id };
        await calls.SendAsync(http, call => adoptions.DeleteAdoptionAsync(request, call).ResponseAsync);
        http.Response.StatusCode = StatusCodes.Status204NoContent;
    }

    private async Task AnswerAsync(HttpContext http, string directoryId)
    {
        var request = new CompareAdoptionRequest { DirectoryId = directoryId };
        var answer = await calls.SendAsync(http, call => adoptions.CompareAdoptionAsync(request, call).ResponseAsync, options.Value.GroupCallTimeout);
        await RestResponse.WriteAsync(http, StatusCodes.Status200OK, json =>
        {
            json.WriteStartObject();
            json.WriteString("object", "adoption");
            json.WriteString("directory_id", directoryId);
            foreach (var (name, kind) in Kinds)
            {
                json.WriteNumber(name, answer.Counts.GetValueOrDefault((int)kind));
            }

            json.WriteEndObject();
        });
    }

    private static void Write(Utf8JsonWriter json, AdoptionDifference difference)
    {
        json.WriteStartObject();
        json.WriteString("object", "adopted_user");
        json.WriteText("application_id", difference.ApplicationId);
        json.WriteText("user_id", difference.UserId);
        json.WriteText("email", difference.Email);
        json.WriteStartArray("changes");
        foreach (var change in difference.Changes)
        {
            json.WriteStartObject();
            json.WriteString("attribute", change.Attribute);
            json.WriteString("before", change.Before);
            json.WriteString("after", change.After);
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteEndObject();
    }
}
