using System.Text;
using DirectorySync.Events.V1;
using DirectorySync.Gateway.Calls;
using Microsoft.Extensions.Options;

namespace DirectorySync.Gateway.Rest;

/// <summary>Sends the users that the application has, as CSV: columns email and id, and what else there is: role, and attributes by name.</summary>
internal sealed class AdoptionUpload(AdoptionService.AdoptionServiceClient adoptions, ServiceCalls calls, IOptions<GatewayOptions> options)
{
    private const int PartSize = 500;
    private const int LongestRow = 64 * 1024;
    private static readonly TimeSpan Longest = TimeSpan.FromMinutes(5);

    public async Task SendAsync(HttpContext http, string directoryId, Stream csv)
    {
        using var call = adoptions.UploadAdoption(calls.Streaming(http, Longest));
        await call.RequestStream.WriteAsync(new() { DirectoryId = directoryId });
        try
        {
            await foreach (var part in PartsAsync(http, csv))
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
    }

    private async IAsyncEnumerable<UploadAdoptionRequest> PartsAsync(HttpContext http, Stream csv)
    {
        using var text = new StreamReader(csv, new UTF8Encoding(false, throwOnInvalidBytes: false), detectEncodingFromByteOrderMarks: true);
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
}
