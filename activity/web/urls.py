from django.urls import path

from activity.web import views

urlpatterns = [path("activity/", views.activity, name="activity")]
