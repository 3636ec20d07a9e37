using System.Runtime.CompilerServices;
using DirectorySync.Chassis.Paging;
using DirectorySync.Events.Reading;
using Grpc.Core;

namespace DirectorySync.Events.Adoption;

/// <summary>Serves AdoptionService.</summary>
internal sealed class AdoptionRpc(KnownDirectories directories, AdoptionStore store) : AdoptionService.AdoptionServiceBase
{
    private const int Usual = 100;
    private const int Largest = 1_000;

    public override async Task<UploadAdoptionResponse> UploadAdoption(IAsyncStreamReader<UploadAdoptionRequest> requestStream, ServerCallContext context)
    {
        var ct = context.CancellationToken;
        var directoryId = await requestStream.MoveNext(ct) ? requestStream.Current.DirectoryId : "";
        await directories.RequireAsync(directoryId, ct);
        return new() { UserCount = await store.UploadAsync(directoryId, PartsAsync(requestStream, ct), ct) };
    }

    public override async Task<CompareAdoptionResponse> CompareAdoption(CompareAdoptionRequest request, ServerCallContext context)
    {
        var ct = context.CancellationToken;
        if (request.PageSize is < 0 or > Largest)
        {
            throw Inputs.Invalid("page_size", $"{request.PageSize}", $"A page has 1 to {Largest}.", $"Give 0 for {Usual}.");
        }

        await directories.RequireAsync(request.DirectoryId, ct);
        var limit = request.Kind == AdoptionKind.Unspecified ? 0 : request.PageSize == 0 ? Usual : request.PageSize;
        var isFirst = request.PageToken.Length == 0;
        var after = isFirst ? "" : PageToken.Read(nameof(CompareAdoption), request.PageToken, 1)[0];
        var response = new CompareAdoptionResponse();
        if (isFirst || request.Kind != AdoptionKind.Missing)
        {
            await CompareAsync(request, after, limit, isFirst, response, ct);
        }

        if (isFirst || request.Kind == AdoptionKind.Missing)
        {
            var ofMissing = request.Kind == AdoptionKind.Missing ? limit + 1 : 0;
            var (page, count) = await store.ListMissingAsync(request.DirectoryId, after, ofMissing, ct);
            if (isFirst)
            {
                response.Counts[(int)AdoptionKind.Missing] = count;
            }

            response.Differences.AddRange(page.Take(limit));
            response.NextPageToken = page.Count > limit ? Token(AdoptionRules.KeyOf(page[limit - 1].Email)) : response.NextPageToken;
        }

        return response;
    }

    public override async Task<DeleteAdoptionResponse> DeleteAdoption(DeleteAdoptionRequest request, ServerCallContext context)
    {
        await directories.RequireAsync(request.DirectoryId, context.CancellationToken);
        await store.DeleteAsync(request.DirectoryId, context.CancellationToken);
        return new();
    }

    // The first page counts everybody; the others end when they are full.
    private async Task CompareAsync(
        CompareAdoptionRequest request, string after, int limit, bool counts, CompareAdoptionResponse response, CancellationToken ct)
    {
        while (await store.CompareAsync(request.DirectoryId, after, ct) is { Count: > 0 } compared)
        {
            after = compared[^1].Difference.UserId;
            foreach (var (kind, difference) in compared)
            {
                response.Counts[(int)kind] = response.Counts.GetValueOrDefault((int)kind) + 1;
                if (kind != request.Kind || response.NextPageToken.Length > 0)
                {
                    continue;
                }

                if (response.Differences.Count < limit)
                {
                    response.Differences.Add(difference);
                }
                else
                {
                    response.NextPageToken = Token(response.Differences[^1].UserId);
                }
            }

            if (!counts && response.NextPageToken.Length > 0)
            {
                break;
            }
        }

        if (!counts)
        {
            response.Counts.Clear();
        }
    }

    private static string Token(string after) => PageToken.Issue(nameof(CompareAdoption), after);

    private static async IAsyncEnumerable<IReadOnlyList<AdoptedUser>> PartsAsync(
        IAsyncStreamReader<UploadAdoptionRequest> requests, [EnumeratorCancellation] CancellationToken ct)
    {
        do
        {
            var users = requests.Current.Users;
            if (users.Count > Largest)
            {
                throw Inputs.Invalid("users", $"{users.Count}", $"A part has at most {Largest}.", "Send several.");
            }

            if (users.Count > 0)
            {
                yield return users;
            }
        }
        while (await requests.MoveNext(ct));
    }
}
