using DirectorySync.Feed.V1;
using DirectorySync.Identity.V1;
using Grpc.Core;
using Grpc.Net.Client;

var (gateway, key, directory) = (args[0], args[1], args[2]);
using var channel = GrpcChannel.ForAddress(gateway);
var headers = new Metadata { { "authorization", $"Bearer {key}" }, { "directorysync-service", "identity" } };
var feed = new ChangeFeedService.ChangeFeedServiceClient(channel);
var token = (await feed.RegisterConsumerAsync(new() { Consumer = "example" }, headers)).ResumeToken; // before reading: nothing in between is missed
var users = await new UserService.UserServiceClient(channel).ListUsersAsync(new() { DirectoryId = directory, PageSize = 100 }, headers);
users.Users.ToList().ForEach(user => Console.WriteLine($"user {user.Id}"));
while (true)
{
    try
    {
        using var watch = feed.WatchChanges(new() { Consumer = "example", ResumeToken = token }, headers);
        await foreach (var batch in watch.ResponseStream.ReadAllAsync())
        {
            batch.Changes.ToList().ForEach(change => Console.WriteLine($"change {change.Resource.TypeUrl} {change.ResourceId} {change.Version}"));
            token = batch.ResumeToken; // store it in the transaction of your effect
            await feed.AcknowledgeChangesAsync(new() { Consumer = "example", ResumeToken = token }, headers);
        }
    }
    catch (RpcException e) when (e.StatusCode == StatusCode.Unavailable)
    {
        await Task.Delay(TimeSpan.FromSeconds(1)); // the gateway or the service restarts: go on from the token
    }
}
