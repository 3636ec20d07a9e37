using DirectorySync.Chassis.Errors;
using DirectorySync.Errors.V1;
using DirectorySync.Gateway.Calls;
using DirectorySync.Identity.V1;
using Grpc.Core;
using Directory = DirectorySync.Identity.V1.Directory;

namespace DirectorySync.Gateway.Rest;

/// <summary>Finds the directory of a route. Another organization's is as unknown as one that does not exist.</summary>
internal sealed class DirectoryLookup(DirectoryService.DirectoryServiceClient directories, ServiceCalls calls)
{
    public async Task<Directory> GetAsync(HttpContext http, string id)
    {
        try
        {
            var request = new GetDirectoryRequest { Id = id };
            var found = (await calls.SendAsync(http, call => directories.GetDirectoryAsync(request, call).ResponseAsync)).Directory;
            if (Caller.Of(http).MaySee(found.OrganizationId))
            {
                return found;
            }
        }
        catch (RpcException e) when (e.Reason() == ErrorReason.ResourceNotFound)
        {
            // Answered below, in the same words.
        }

        throw RestFailure.NotFound("Directory", id);
    }
}
