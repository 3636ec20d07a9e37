using System.Buffers;
using System.Globalization;
using System.IO.Pipelines;
using System.Text.Json;
using DirectorySync.Events.V1;
using DirectorySync.Gateway.Calls;
using Google.Protobuf.WellKnownTypes;
using Grpc.Core;

namespace DirectorySync.Gateway.Rest;

/// <summary>/directories/{id}/snapshot: all of a directory as of one moment, as lines of JSON or as CSV, and where to read on.</summary>
internal sealed class SnapshotEndpoints(ReadModelService.ReadModelServiceClient reads, DirectoryAccess access, ServiceCalls calls)
{
    private static readonly TimeSpan Longest = TimeSpan.FromMinutes(15);
    private static readonly (string Name, bool Value)[] Formats = [("ndjson", false), ("csv", true)];
    private static readonly (string Name, bool Value)[] Views = [("told", false), ("pending", true)];

    public async Task GetAsync(HttpContext http)
    {
        var query = RestQuery.Of(http, "format", "view");
        var (csv, pending) = (query.FindChoice("format", Formats), query.FindChoice("view", Views));
        query.Check();
        var directory = await access.GetAsync(http);
        var request = new ExportDirectoryRequest { DirectoryId = directory.Id, Pending = pending, NameAttributes = csv };
        using var call = reads.ExportDirectory(request, calls.Streaming(http, Longest));
        var ct = http.RequestAborted;
        if (!await call.ResponseStream.MoveNext(ct) || call.ResponseStream.Current.Start is not { } start)
        {
            throw Torn();
        }

        Begin(http, start, csv);
        if (HttpMethods.IsHead(http.Request.Method))
        {
            return;
        }

        Action<ExportDirectoryResponse, PipeWriter> write = csv ? new Csv(start, http.Response.BodyWriter).Write : Ndjson;
        write(call.ResponseStream.Current, http.Response.BodyWriter);
        var ended = false;
        while (await call.ResponseStream.MoveNext(ct))
        {
            ended = call.ResponseStream.Current.End is not null;
            write(call.ResponseStream.Current, http.Response.BodyWriter);
            await http.Response.BodyWriter.FlushAsync(ct);
        }

        if (!ended)
        {
            throw Torn();
        }
    }

    private static RpcException Torn() => new(new Status(StatusCode.Unavailable, "The export ended before its end."));

    private static void Begin(HttpContext http, ExportStart start, bool csv)
    {
        http.Response.StatusCode = StatusCodes.Status200OK;
        http.Response.ContentType = csv ? "text/csv; charset=utf-8; header=present" : "application/x-ndjson; charset=utf-8";
        http.Response.Headers["X-Snapshot-Cursor"] = start.LastEventId;
        http.Response.Headers["X-Snapshot-Sequence"] = start.Sequence.ToString(CultureInfo.InvariantCulture);
        if (csv)
        {
            http.Response.Headers.ContentDisposition = "attachment; filename=\"directory-users.csv\"";
        }
    }

    private static void Ndjson(ExportDirectoryResponse part, PipeWriter output)
    {
        switch (part.PartCase)
        {
            case ExportDirectoryResponse.PartOneofCase.Start:
                Line(output, json => Write(json, part.Start));
                break;
            case ExportDirectoryResponse.PartOneofCase.Groups:
                foreach (var group in part.Groups.Groups)
                {
                    Line(output, json => DirectoryGroupJson.Write(json, group));
                }

                break;
            case ExportDirectoryResponse.PartOneofCase.Users:
                foreach (var user in part.Users.Users)
                {
                    Line(output, json => Write(json, user));
                }

                break;
            default:
                Line(output, json => Write(json, part.End));
                break;
        }
    }

    private static void Line(PipeWriter output, Action<Utf8JsonWriter> write)
    {
        using (var json = new Utf8JsonWriter(output, RestResponse.Options))
        {
            write(json);
        }

        output.Write("\n"u8);
    }

    private static void Write(Utf8JsonWriter json, ExportStart start)
    {
        json.WriteStartObject();
        json.WriteString("object", "snapshot");
        json.WriteString("directory_id", start.DirectoryId);
        json.WriteString("organization_id", start.OrganizationId);
        json.WriteText("cursor", start.LastEventId);
        json.WriteNumber("sequence", start.Sequence);
        json.WriteTime("created_at", start.Time);
        json.WriteEndObject();
    }

    private static void Write(Utf8JsonWriter json, ExportedUser user) => DirectoryUserJson.Write(json, user.User, more =>
    {
        more.WriteStartArray("group_ids");
        foreach (var id in user.GroupIds)
        {
            more.WriteStringValue(id);
        }

        more.WriteEndArray();
    });

    private static void Write(Utf8JsonWriter json, ExportEnd end)
    {
        json.WriteStartObject();
        json.WriteString("object", "snapshot_end");
        json.WriteNumber("groups", end.GroupCount);
        json.WriteNumber("users", end.UserCount);
        json.WriteNumber("memberships", end.MembershipCount);
        json.WriteEndObject();
    }

    /// <summary>A row for each user; groups by name, attributes and tags in columns of their own.</summary>
    private sealed class Csv(ExportStart start, PipeWriter output)
    {
        private static readonly string[] Columns =
            ["id", "idp_id", "email", "first_name", "last_name", "username", "state", "roles", "groups", "created_at", "updated_at"];

        private readonly CsvWriter csv = new(output);
        private readonly Dictionary<string, string> groups = [];

        public void Write(ExportDirectoryResponse part, PipeWriter _)
        {
            switch (part.PartCase)
            {
                case ExportDirectoryResponse.PartOneofCase.Start:
                    Row([.. Columns, .. start.AttributeNames, .. start.TagNames.Select(name => $"tag: {name}")]);
                    break;
                case ExportDirectoryResponse.PartOneofCase.Groups:
                    foreach (var group in part.Groups.Groups)
                    {
                        groups[group.Id] = group.Name;
                    }

                    break;
                case ExportDirectoryResponse.PartOneofCase.Users:
                    foreach (var user in part.Users.Users)
                    {
                        Row(Cells(user));
                    }

                    break;
                default:
                    break;
            }
        }

        private IEnumerable<string?> Cells(ExportedUser exported)
        {
            var user = exported.User;
            var attributes = user.Attributes.ToDictionary(attribute => attribute.Name, attribute => attribute.Json);
            var tags = user.Tags.ToDictionary(tag => tag.Name, tag => tag.Json);
            return
            [
                user.Id, user.IdpId, user.Email, user.FirstName, user.LastName, user.UserName, user.Active ? "active" : "inactive",
                string.Join("; ", user.Roles), string.Join("; ", exported.GroupIds.Select(id => groups.GetValueOrDefault(id, id))),
                Time(user.CreateTime), Time(user.UpdateTime),
                .. start.AttributeNames.Select(name => Text(attributes.GetValueOrDefault(name))),
                .. start.TagNames.Select(name => Text(tags.GetValueOrDefault(name))),
            ];
        }

        private static string Time(Timestamp? time) =>
            time?.ToDateTime().ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture) ?? "";

        // A text as it is, anything else as JSON.
        private static string? Text(string? json)
        {
            if (json is null or "null")
            {
                return null;
            }

            using var value = JsonDocument.Parse(json);
            return value.RootElement.ValueKind == JsonValueKind.String ? value.RootElement.GetString() : json;
        }

        private void Row(IEnumerable<string?> cells)
        {
            foreach (var cell in cells)
            {
                csv.Cell(cell);
            }

            csv.EndRow();
        }
    }
}
