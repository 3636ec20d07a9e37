using DirectorySync.Chassis.Paging;
using Google.Protobuf.WellKnownTypes;
using Npgsql;

namespace DirectorySync.Events.Alerts;

/// <summary>Reads alerts.</summary>
internal sealed class AlertStore(Database database)
{
    private const int Usual = 100;
    private const int Largest = 1_000;

    /// <summary>Of alerts `a`, for <see cref="Read"/>.</summary>
    public static SqlText Columns =>
        $"a.id, a.directory_id, a.code, a.resource_id, a.detail, a.remedy, a.start_time, a.end_time, a.mail_time, a.mail_attempts";

    public async Task<ListAlertsResponse> ListAsync(ListAlertsRequest request, CancellationToken ct)
    {
        if (request.PageSize is < 0 or > Largest)
        {
            throw Inputs.Invalid("page_size", $"{request.PageSize}", $"A page has 1 to {Largest}.", $"Give 0 for {Usual}.");
        }

        var limit = request.PageSize == 0 ? Usual : request.PageSize;
        var ofDirectory = request.DirectoryId.Length == 0 ? SqlText.Empty : (SqlText)$" and a.directory_id = {request.DirectoryId}";
        var open = request.Open ? (SqlText)$" and a.end_time is null" : SqlText.Empty;
        var before = request.PageToken.Length == 0
            ? SqlText.Empty
            : (SqlText)$" and a.id < {PageToken.Read(nameof(ListAsync), request.PageToken, 1)[0]}";
        var found = await database.Sql($"select {Columns} from alerts a where true{ofDirectory}{open}{before} order by a.id desc limit {limit + 1}")
            .ListAsync(Read, ct);
        var response = new ListAlertsResponse { Alerts = { found.Take(limit) } };
        response.NextPageToken = found.Count > limit ? PageToken.Issue(nameof(ListAsync), found[limit - 1].Id) : "";
        return response;
    }

    public static Alert Read(NpgsqlDataReader row) => new()
    {
        Id = row.GetString(0),
        DirectoryId = row.GetString(1),
        Code = row.GetString(2),
        ResourceId = row.GetString(3),
        Detail = row.GetString(4),
        Remedy = row.GetString(5),
        StartTime = row.GetFieldValue<DateTimeOffset>(6).ToTimestamp(),
        EndTime = row.IsDBNull(7) ? null : row.GetFieldValue<DateTimeOffset>(7).ToTimestamp(),
        MailTime = row.IsDBNull(8) ? null : row.GetFieldValue<DateTimeOffset>(8).ToTimestamp(),
    };
}
