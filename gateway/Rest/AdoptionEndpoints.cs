using System.Text;
using System.Text.Json;
using DirectorySync.Events.V1;
using DirectorySync.Gateway.Calls;
using Microsoft.Extensions.Options;
using Microsoft.Net.Http.Headers;

namespace DirectorySync.Gateway.Rest;

/// <summary>/directories/{id}/adoption: the users that the application has already, and what the directory makes of them.</summary>
internal sealed class AdoptionEndpoints(
    AdoptionService.AdoptionServiceClient adoptions, DirectoryAccess access, ServiceCalls calls, IOptions<GatewayOptions> options)
{
    private const int PartSize = 500;
    private const int LongestRow = 64 * 1024;
    private const int Usual = 100;
    private const int Most = 1_000;
    private static readonly TimeSpan Longest = TimeSpan.FromMinutes(5);

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

        using var call = adoptions.UploadAdoption(calls.Streaming(http, Longest));
        await call.RequestStream.WriteAsync(new() { DirectoryId = directory.Id });
        try
        {
            await foreach (var part in PartsAsync(http))
            {
                await call.RequestStream.WriteAsync(part);
            }
        }
        catch (FormatException e)
        {
            throw new RestFailure(422, "invalid_csv", e.Message);
        }
        catch (Grpc.Core.RpcException)
        {
            // Why says the answer.
            await call.ResponseAsync;
            throw;
        }

        await call.RequestStream.CompleteAsync();
        await call.ResponseAsync;
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

    private async IAsyncEnumerable<UploadAdoptionRequest> PartsAsync(HttpContext http)
    {
        using var text = new StreamReader(http.Request.Body, new UTF8Encoding(false, throwOnInvalidBytes: false), detectEncodingFromByteOrderMarks: true);
        List<string>? head = null;
        var part = new UploadAdoptionRequest();
        var (number, characters) = (0, 0L);
        await foreach (var row in new CsvReader(text, LongestRow).ReadAsync(http.RequestAborted))
        {
            number++;
            characters += row.Sum(cell => (long)cell.Length + 1);
            if (characters > options.Value.GroupBodyLimit)
            {
                throw new RestFailure(RestErrors.TooLarge(options.Value.GroupBodyLimit));
            }

            if (head is null)
            {
                head = Head(row);
                continue;
            }

            part.Users.Add(row.Count <= head.Count ? User(head, row) : throw new FormatException($"Row {number} has more values than the first row has names."));
            if (part.Users.Count == PartSize)
            {
                yield return part;
                part = new();
            }
        }

        if (head is null)
        {
            throw new FormatException("The first row names the columns: email, id, and what else there is.");
        }

        if (part.Users.Count > 0)
        {
            yield return part;
        }
    }

    private static List<string> Head(IReadOnlyList<string> row)
    {
        var head = row.Select(name => name.Trim()).ToList();
        return head.Contains("email") && head.Contains("id") && head.Distinct().Count() == head.Count && !head.Contains("")
            ? head
            : throw new FormatException("The first row names the columns, each once. There are email and id, role if you like, and attributes by name.");
    }

    private static AdoptedUser User(IReadOnlyList<string> head, IReadOnlyList<string> row)
    {
        var user = new AdoptedUser();
        foreach (var (name, value) in head.Zip(row))
        {
            switch (name)
            {
                case "email":
                    user.Email = value.Trim();
                    break;
                case "id":
                    user.ApplicationId = value.Trim();
                    break;
                case "role":
                    user.Role = value.Trim();
                    break;
                default:
                    user.Attributes[name] = value;
                    break;
            }
        }

        return user;
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
