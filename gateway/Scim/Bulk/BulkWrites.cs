using System.Buffers;
using System.IO.Pipelines;
using DirectorySync.Gateway.Scim.Mapping;
using DirectorySync.Gateway.Scim.Messages;
using DirectorySync.Scim;

namespace DirectorySync.Gateway.Scim.Bulk;

/// <summary>Does one operation in the way in which a request of its own is done.</summary>
internal sealed class BulkWrites(UserWrites users, GroupWrites groups)
{
    /// <summary>Throws whatever the single request would have thrown.</summary>
    /// <param name="http">The bulk request, on whose behalf and within whose time the operation is done.</param>
    /// <param name="operation">Without fault.</param>
    /// <param name="id">Of the resource; "" for a POST.</param>
    /// <param name="data">The body, without references.</param>
    public Task<BulkResult> DoAsync(HttpContext http, BulkOperation operation, string id, ReadOnlyMemory<byte> data) =>
        operation.Type!.Endpoint == ResourceType.User.Endpoint
            ? DoUserAsync(http, operation, id, data)
            : DoGroupAsync(http, operation, id, data);

    private async Task<BulkResult> DoUserAsync(HttpContext http, BulkOperation operation, string id, ReadOnlyMemory<byte> data)
    {
        switch (operation.Method)
        {
            case "POST":
                var created = await users.CreateAsync(http, data);
                return new(operation, StatusCodes.Status201Created, created.Id, created.Version);
            case "PUT":
                return new(operation, StatusCodes.Status200OK, id, (await users.ReplaceAsync(http, id, data, Demanded(operation))).Version);
            case "PATCH":
                return new(operation, StatusCodes.Status200OK, id, (await users.PatchAsync(http, id, data, Demanded(operation))).Version);
            default:
                await users.DeleteAsync(http, id, Demanded(operation));
                return new(operation, StatusCodes.Status204NoContent, id);
        }
    }

    private async Task<BulkResult> DoGroupAsync(HttpContext http, BulkOperation operation, string id, ReadOnlyMemory<byte> data)
    {
        var type = ScimScope.Of(http).Schemas.Group;
        var body = PipeReader.Create(new ReadOnlySequence<byte>(data));
        switch (operation.Method)
        {
            case "POST":
                using (var group = await GroupBody.ReadAsync(body, type, ct: http.RequestAborted))
                {
                    var created = (await groups.CreateAsync(http, group)).Group;
                    return new(operation, StatusCodes.Status201Created, created.Id, created.Version);
                }

            case "PUT":
                using (var group = await GroupBody.ReadAsync(body, type, ct: http.RequestAborted))
                {
                    return new(operation, StatusCodes.Status200OK, id, (await groups.ReplaceAsync(http, id, group, Demanded(operation))).Group.Version);
                }

            case "PATCH":
                using (var patch = await GroupPatchBody.ReadAsync(body, type, ct: http.RequestAborted))
                {
                    return new(operation, StatusCodes.Status204NoContent, id, (await groups.PatchAsync(http, id, patch, Demanded(operation))).Version);
                }

            default:
                await groups.DeleteAsync(http, id, Demanded(operation));
                return new(operation, StatusCodes.Status204NoContent, id);
        }
    }

    private static Preconditions Demanded(BulkOperation operation) => new(operation.Version, default);
}
